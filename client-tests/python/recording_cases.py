"""Findings that boto3 reads from one world are imported into another one, from which boto3 reads the same findings.

The environment names the endpoint of the first world (AWS_ENDPOINT_URL), the argument that of the second.
"""

import json
import sys
import urllib.request

import boto3


def read_all(endpoint=None):
    hub = boto3.client("securityhub", endpoint_url=endpoint)
    pages = hub.get_paginator("get_findings").paginate(PaginationConfig={"PageSize": 100})
    return [finding for page in pages for finding in page["Findings"]]


def change_some(findings):
    """Attributes that customers set are imported, too."""
    hub = boto3.client("securityhub")
    names = [{"Id": finding["Id"], "ProductArn": finding["ProductArn"]} for finding in findings[::7]]
    answer = hub.batch_update_findings(
        FindingIdentifiers=names[:100],
        Severity={"Label": "LOW", "Product": 1.5},
        UserDefinedFields={"ticket": "", "team": "pay"},
        Note={"Text": "seen", "UpdatedBy": "me"},
        Workflow={"Status": "SUPPRESSED"},
        Types=["TTPs"],
    )
    assert answer["UnprocessedFindings"] == [], answer


def put(endpoint, findings):
    body = json.dumps({"Findings": findings}).encode()
    request = urllib.request.Request(f"{endpoint}/_emulator/findings", body, {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request))
    assert answer["SuccessCount"] == len(findings), answer


def main(target):
    hub = boto3.client("securityhub")
    hub.update_security_hub_configuration(ControlFindingGenerator="STANDARD_CONTROL")
    change_some(read_all())
    before = read_all()
    products = {finding["ProductArn"].rsplit("/", 1)[1] for finding in before}
    assert len(before) > 300 and len(products) == 8, (len(before), products)
    put(target, before)
    after = read_all(target)
    assert len(after) == len(before), (len(after), len(before))
    for old, new in zip(before, after):
        # The service sets the time of processing.
        assert old.pop("ProcessedAt") != new.pop("ProcessedAt")
        assert old == new, f"\n{json.dumps(old)}\n{json.dumps(new)}"


main(sys.argv[1])
