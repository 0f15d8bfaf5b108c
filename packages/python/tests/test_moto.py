"""The emulator and moto in one process: Security Hub here, all other services in moto."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import boto3
import pytest
from moto import mock_aws

from securityhub_local import Account, Emulator

BUCKET = "exports"


def export(findings_client: object = None) -> int:
    """The code under test: writes the findings that it sees to S3, and returns their number."""
    hub = findings_client or boto3.client("securityhub")
    found = hub.get_findings()["Findings"]
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="findings", Body=str(len(found)).encode())
    return int(s3.get_object(Bucket=BUCKET, Key="findings")["Body"].read())


# Rules: DST-27.
@mock_aws(config={"core": {"mock_credentials": False}})
def test_clients_of_the_code_keep_their_account(securityhub: Emulator) -> None:
    assert export() > 0
    assert securityhub.verify("GetFindings", account="111111111111") == 1


# Rules: DST-27.
@mock_aws
def test_clients_of_the_package_keep_their_account(securityhub: Emulator) -> None:
    assert export(securityhub.client()) > 0
    assert export(securityhub.account("222222222222").client()) > 0
    assert [call["Account"] for call in securityhub.requests()] == ["111111111111", "222222222222"]


# Rules: DST-27.
@mock_aws
def test_moto_replaces_the_access_key_of_other_clients(securityhub: Emulator) -> None:
    with pytest.raises(Exception, match="Account 000000000000 is not subscribed"):
        boto3.client("securityhub").describe_hub()


# Rules: DST-27.
def test_a_block_of_moto_may_be_inside_a_test(securityhub_account: Account) -> None:
    arn = f"arn:aws:securityhub:us-east-1:{securityhub_account}:hub/default"
    assert boto3.client("securityhub").describe_hub()["HubArn"] == arn
    with mock_aws(config={"core": {"mock_credentials": False}}):
        assert boto3.client("securityhub").describe_hub()["HubArn"] == arn
        assert boto3.client("s3").list_buckets()["Buckets"] == []
    assert boto3.client("securityhub").describe_hub()["HubArn"] == arn


# Rules: DST-27.
def test_the_example_of_the_guide(suite: Callable[..., pytest.RunResult]) -> None:
    repository = Path(os.environ.get("REPOSITORY", Path(__file__).parents[3]))
    guide = (repository / "docs/guides/pytest.md").read_text("utf-8")
    mark = "<!-- tested: packages/python/tests/test_moto.py -->\n```python\n"
    assert guide.count(mark) == 1
    suite(guide.partition(mark)[2].partition("```\n")[0], passed=1)
