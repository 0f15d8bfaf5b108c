"""Tests of the function with the fixtures of securityhub-local."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from triage import NotUpdatedError, handler

from securityhub_local import Emulator

PRODUCTION, SANDBOX = "222222222222", "333333333333"
GUARDDUTY = "arn:aws:securityhub:us-east-1::product/aws/guardduty"


def finding(id: str, account: str = PRODUCTION, severity: str = "CRITICAL") -> dict[str, Any]:
    """A finding of GuardDuty."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": GUARDDUTY,
        "GeneratorId": "guardduty",
        "AwsAccountId": account,
        "Types": ["TTPs/Initial Access"],
        "CreatedAt": "2026-01-15T08:00:00Z",
        "UpdatedAt": "2026-01-15T08:00:00Z",
        "Severity": {"Label": severity},
        "Title": f"Unusual login {id}",
        "Description": "An API was called from an unusual place.",
        "Resources": [{"Type": "AwsAccount", "Id": f"AWS::::Account:{account}"}],
    }


@pytest.fixture(autouse=True)
def messages(securityhub: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[str]]]:
    """Reads the messages of the topic. SNS and SQS are moto's; the account stays that of `securityhub`."""
    monkeypatch.setenv("SANDBOX_ACCOUNTS", SANDBOX)
    with mock_aws(config={"core": {"mock_credentials": False}}):
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="findings")["TopicArn"]
        queue = sqs.create_queue(QueueName="messages")["QueueUrl"]
        queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
        monkeypatch.setenv("TOPIC_ARN", topic)

        def received() -> list[str]:
            answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            return [json.loads(message["Body"])["Message"] for message in answer.get("Messages", [])]

        yield received


def triaged(hub: Emulator, *findings: dict[str, Any]) -> dict[str, int]:
    """Imports findings, and invokes the function with the events that the security account receives."""
    hub.import_findings(findings)
    results = [handler(event, None) for event in hub.events(account="111111111111")]
    return {name: sum(result[name] for result in results) for name in ("notified", "suppressed")}


def workflow(hub: Emulator) -> dict[str, str]:
    """The workflow status of each finding, as the security account sees it."""
    found = hub.client().get_findings()["Findings"]
    return {finding["Id"]: finding["Workflow"]["Status"] for finding in found}


def test_a_critical_finding_is_notified(securityhub: Emulator, messages: Callable[[], list[str]]) -> None:
    assert triaged(securityhub, finding("1")) == {"notified": 1, "suppressed": 0}
    assert workflow(securityhub) == {"1": "NOTIFIED"}
    assert messages() == ["CRITICAL 222222222222: Unusual login 1"]


def test_a_low_finding_stays_new(securityhub: Emulator, messages: Callable[[], list[str]]) -> None:
    assert triaged(securityhub, finding("1", severity="LOW")) == {"notified": 0, "suppressed": 0}
    assert workflow(securityhub) == {"1": "NEW"}
    assert messages() == []
    securityhub.verify("BatchUpdateFindings", max=0)


def test_findings_of_sandboxes_are_suppressed(securityhub: Emulator, messages: Callable[[], list[str]]) -> None:
    findings = [finding("1", SANDBOX), finding("2", PRODUCTION)]
    assert triaged(securityhub, *findings) == {"notified": 1, "suppressed": 1}
    assert workflow(securityhub) == {"1": "SUPPRESSED", "2": "NOTIFIED"}
    assert messages() == ["CRITICAL 222222222222: Unusual login 2"]


def test_a_finding_is_notified_once(securityhub: Emulator, messages: Callable[[], list[str]]) -> None:
    triaged(securityhub, finding("1"))
    # The update causes an event, which invokes the function again.
    updated = securityhub.events(account="111111111111")[-1]
    assert handler(updated, None) == {"notified": 0, "suppressed": 0}
    assert len(messages()) == 1


def test_throttled_calls_are_repeated(securityhub: Emulator) -> None:
    securityhub.faults.add({"Operation": "BatchUpdateFindings", "Error": {"Code": "Throttle"}, "Times": 2})
    triaged(securityhub, finding("1"))
    assert workflow(securityhub) == {"1": "NOTIFIED"}
    securityhub.verify("BatchUpdateFindings", {"Workflow": {"Status": "NOTIFIED"}}, min=3, max=3)


def test_a_finding_that_is_not_updated_is_an_error(securityhub: Emulator) -> None:
    securityhub.faults.add({"Operation": "BatchUpdateFindings", "Partial": {"Ids": ["1"]}})
    with pytest.raises(NotUpdatedError):
        triaged(securityhub, finding("1"))


@pytest.mark.securityhub(account=PRODUCTION)
def test_a_member_updates_its_own_findings(securityhub: Emulator) -> None:
    securityhub.import_findings([finding("1")])
    handler(securityhub.events(account=PRODUCTION)[0], None)
    assert workflow(securityhub) == {"1": "NOTIFIED"}
    assert securityhub.verify("BatchUpdateFindings", account=PRODUCTION) == 1
