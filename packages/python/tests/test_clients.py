"""Clients read nothing of the person's AWS settings, and can be used by several threads."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import ADMINISTRATOR, HUB_ARN

from securityhub_local import Emulator, start


# Rules: DST-26.
def test_settings_of_the_person_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "config").write_text("[default]\nregion = eu-west-1\nmax_attempts = nonsense\n")
    (folder / "credentials").write_text("[default]\naws_access_key_id = 222222222222\naws_secret_access_key = y\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("AWS_CONFIG_FILE", raising=False)
    monkeypatch.delenv("AWS_SHARED_CREDENTIALS_FILE", raising=False)
    for name, value in {
        "AWS_PROFILE": "nowhere",
        "AWS_ACCESS_KEY_ID": "333333333333",
        "AWS_SECRET_ACCESS_KEY": "z",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_RETRY_MODE": "legacy",
        "AWS_DEFAULTS_MODE": "mobile",
        "AWS_SDK_UA_APP_ID": "application",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr("securityhub_local._clients._kept", type("Old", (), {"process": -1})())
    with start("builtin:quickstart") as hub:
        assert hub.client().describe_hub()["HubArn"] == HUB_ARN
        [call] = hub.requests()
        assert (call["AccessKeyId"], call["Region"], call["Test"]) == (ADMINISTRATOR, "us-east-1", None)
        hub.faults.add({"Operation": "DescribeHub", "Error": {"Code": "Throttle"}, "Times": 2})
        assert hub.client().describe_hub()["HubArn"] == HUB_ARN


# Rules: DST-26.
def test_a_missing_boto3_is_an_error_that_names_the_extra(hub: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.setitem(sys.modules, "botocore.config", None)
    with pytest.raises(ImportError, match=r'pip install "securityhub-local\[boto3\]"'):
        hub.client(region_name="us-east-1")


# Rules: DST-26.
def test_threads_share_an_emulator(hub: Emulator) -> None:
    def use(number: int) -> str:
        account = hub.account(hub=number % 2 == 0)
        hub.clock.now()
        arn: str = account.client().describe_hub()["HubArn"] if number % 2 == 0 else account.id
        return arn

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(use, range(48)))
    assert len(set(results)) == len(results)


# Rules: DST-26.
def test_threads_share_a_client(hub: Emulator) -> None:
    barrier = threading.Barrier(8)

    def use(_: int) -> object:
        barrier.wait()
        return hub.client("sts", account="888888888888")

    with ThreadPoolExecutor(8) as threads:
        assert len(set(map(id, threads.map(use, range(8))))) == 1


# Rules: DST-26.
def test_a_call_that_waits_does_not_block_others(hub: Emulator) -> None:
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(hub.requests, operation="DescribeHub", wait=20)
        hub.client().describe_hub()
        assert len(waiting.result(10)) == 1


# Rules: DST-30.
def test_clients_tag_their_calls(hub: Emulator) -> None:
    client = hub.client()
    with hub._as(ADMINISTRATOR, "us-east-1", "test-1"):
        client.describe_hub()
        assert hub.env()["AWS_SDK_UA_APP_ID"] == "test-1"
    client.get_enabled_standards()
    assert [(call["Operation"], call["Test"]) for call in hub.requests()] == [
        ("DescribeHub", "test-1"),
        ("GetEnabledStandards", None),
    ]
    assert "AWS_SDK_UA_APP_ID" not in hub.env()
