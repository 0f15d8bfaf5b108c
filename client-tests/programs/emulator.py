"""Shared by the cases of all programs: the emulator's control plane, clients of boto3, and findings."""

import json
import os
import urllib.request

import boto3

EMULATOR = os.environ["EMULATOR"]


def control(method, path, body=None):
    """Calls the control plane."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{EMULATOR}/_emulator/{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def reset():
    """Resets the emulator to the scenario before each test."""
    control("POST", "reset")


def act_as(account, region="us-east-1"):
    """Makes an account the caller of all processes that are started from now on."""
    os.environ.update(AWS_ACCESS_KEY_ID=account, AWS_SECRET_ACCESS_KEY="x", AWS_DEFAULT_REGION=region, AWS_REGION=region)
    boto3.setup_default_session()


def hub(account, region="us-east-1"):
    """A client of Security Hub as an account."""
    return boto3.client(
        "securityhub", region_name=region, aws_access_key_id=account, aws_secret_access_key="x", endpoint_url=EMULATOR
    )


def findings(account, region="us-east-1", **filters):
    """All findings that an account sees under filters, `Name="value"` for EQUALS, by their ids."""
    terms = {
        name: value if isinstance(value, list) else [{"Value": value, "Comparison": "EQUALS"}]
        for name, value in filters.items()
    }
    pages = hub(account, region).get_paginator("get_findings").paginate(Filters=terms)
    found = [finding for page in pages for finding in page["Findings"]]
    assert len({(finding["Id"], finding["ProductArn"]) for finding in found}) == len(found), "a finding comes twice"
    return {finding["Id"]: finding for finding in found}
