"""A Lambda function that EventBridge invokes with `Security Hub Findings - Imported`."""

from __future__ import annotations

import os
from typing import Any

import boto3

NOTIFIED_SEVERITIES = ("CRITICAL", "HIGH")
# BatchUpdateFindings accepts this many findings.
BATCH = 100


class NotUpdatedError(Exception):
    """Some findings were not updated. Lambda invokes the function again."""


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Triages the findings of an event, and returns how many were notified and suppressed."""
    new = [finding for finding in event["detail"]["findings"] if finding["Workflow"]["Status"] == "NEW"]
    sandboxes = os.environ.get("SANDBOX_ACCOUNTS", "").split(",")
    suppressed = [finding for finding in new if finding["AwsAccountId"] in sandboxes]
    others = [finding for finding in new if finding["AwsAccountId"] not in sandboxes]
    notified = [finding for finding in others if finding["Severity"]["Label"] in NOTIFIED_SEVERITIES]
    update(suppressed, "SUPPRESSED", "The account is a sandbox.")
    notify(notified)
    update(notified, "NOTIFIED", "The security team was notified.")
    return {"notified": len(notified), "suppressed": len(suppressed)}


def notify(findings: list[dict[str, Any]]) -> None:
    """Publishes the titles of findings in one message."""
    if findings:
        lines = [
            f"{finding['Severity']['Label']} {finding['AwsAccountId']}: {finding['Title']}" for finding in findings
        ]
        boto3.client("sns").publish(TopicArn=os.environ["TOPIC_ARN"], Message="\n".join(lines))


def update(findings: list[dict[str, Any]], status: str, reason: str) -> None:
    """Sets the workflow status of findings."""
    securityhub = boto3.client("securityhub")
    for start in range(0, len(findings), BATCH):
        batch = findings[start : start + BATCH]
        answer = securityhub.batch_update_findings(
            FindingIdentifiers=[{"Id": finding["Id"], "ProductArn": finding["ProductArn"]} for finding in batch],
            Workflow={"Status": status},
            Note={"Text": reason, "UpdatedBy": "triage"},
        )
        if answer["UnprocessedFindings"]:
            raise NotUpdatedError(answer["UnprocessedFindings"])
