"""Tests of both kinds run in any order and on several workers without a clash."""

from __future__ import annotations

import os
from typing import Callable

import pytest

TESTS = int(os.environ.get("SECURITYHUB_LOCAL_TEST_ORDER", "67"))
SAMPLE = f"""
import boto3
import pytest

many = pytest.mark.parametrize("number", range({TESTS}))

def disable():
    hub = boto3.client("securityhub")
    arn = hub.describe_hub()["HubArn"]
    hub.disable_security_hub() if ":7" in arn else hub.update_security_hub_configuration(AutoEnableControls=False)
    return arn

@many
def test_world(securityhub, number):
    assert boto3.client("securityhub").describe_hub()["AutoEnableControls"] is True
    assert disable() == "arn:aws:securityhub:us-east-1:111111111111:hub/default"
    assert len(securityhub.requests()) == 3
    securityhub.clock.advance("1h")

@many
def test_account(securityhub_account, number):
    assert disable() == f"arn:aws:securityhub:us-east-1:{{securityhub_account}}:hub/default"
    assert len(securityhub_account.requests()) == 2

@pytest.mark.securityhub("builtin:delegated-admin", account="222222222222")
@many
def test_scenario(securityhub, number):
    assert securityhub.requests() == []
    boto3.client("securityhub").get_enabled_standards()
"""
REVERSED = "def pytest_collection_modifyitems(items):\n    items.reverse()\n"
MIXED = "import random\n\ndef pytest_collection_modifyitems(items):\n    random.Random(7).shuffle(items)\n"


# Rules: DST-30b.
@pytest.mark.parametrize("order", ["", REVERSED, MIXED])
def test_any_order_on_two_workers(
    suite: Callable[..., pytest.RunResult], pytester: pytest.Pytester, order: str
) -> None:
    pytester.makeconftest(order)
    suite(SAMPLE, "-n", "2", "-p", "no:randomly", passed=3 * TESTS)
