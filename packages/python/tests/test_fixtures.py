"""The fixtures connect the code under test, and leave nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Callable

import boto3
import pytest
from conftest import ADMINISTRATOR, HUB_ARN, finding

from securityhub_local import Account, Emulator, start

Suite = Callable[..., pytest.RunResult]


def described() -> str:
    """The code under test: describes the hub with a client of its own."""
    arn: str = boto3.client("securityhub").describe_hub()["HubArn"]
    return arn


# Rules: DST-28.
def test_code_under_test_calls_the_emulator(securityhub: Emulator) -> None:
    assert described() == HUB_ARN
    assert securityhub.verify("DescribeHub") == 1


# Rules: DST-28.
@pytest.mark.parametrize("attempt", [1, 2])
def test_each_test_begins_at_the_start_of_the_scenario(securityhub: Emulator, attempt: int) -> None:
    assert securityhub.clock.now().isoformat() == "2026-01-15T09:00:00+00:00", attempt
    assert (securityhub.events(), securityhub.requests(), securityhub.faults.list()) == ([], [], [])
    securityhub.import_findings([finding("scan/1")])
    securityhub.clock.advance("P1D")
    securityhub.faults.add({"Operation": "DescribeHub", "Error": {"Code": "Internal"}, "Times": 1})
    described()


# Rules: DST-28.
@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_each_test_has_a_fresh_account(securityhub_account: Account, attempt: int) -> None:
    assert described() == f"arn:aws:securityhub:us-east-1:{securityhub_account}:hub/default", attempt
    securityhub_account.client().disable_security_hub()


# Rules: DST-28.
def test_the_fixtures_share_a_server(
    securityhub_server: Emulator, securityhub: Emulator, securityhub_account: Account
) -> None:
    assert securityhub is securityhub_server
    assert described() == f"arn:aws:securityhub:us-east-1:{securityhub_account}:hub/default", "the last one wins"
    assert securityhub.client().describe_hub()["HubArn"].split(":")[4] == securityhub_account.id


# Rules: DST-28.
def test_further_emulators_are_made(make_securityhub: Callable[..., Emulator]) -> None:
    empty, organization = make_securityhub(), make_securityhub("builtin:delegated-admin", clock="2026-02-01T00:00:00Z")
    assert empty.call("GET", "health")["hubs"] == 0
    assert organization.call("GET", "health")["clock"].startswith("2026-02-01")


# Rules: DST-28.
def test_further_emulators_are_stopped_after_the_test(suite: Suite) -> None:
    text = """
ports = []

def test_one(make_securityhub):
    ports.append(make_securityhub())

def test_two():
    import pytest
    with pytest.raises(ConnectionError):
        ports[0].reset()
"""
    suite(text, passed=2)


# Rules: DST-28.
@pytest.mark.parametrize("fixture", ["securityhub", "securityhub_account"])
def test_nothing_is_left_after_the_test(suite: Suite, fixture: str) -> None:
    text = f"""
import os
import boto3

before = dict(os.environ)
original = boto3.setup_default_session

def environment():
    return {{name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}}

before = environment()

def test_one({fixture}):
    boto3.client("securityhub").describe_hub()
    assert environment() != before
    assert boto3.DEFAULT_SESSION is not None

def test_two():
    assert environment() == before
    assert boto3.DEFAULT_SESSION is None
    assert boto3.setup_default_session is original
"""
    suite(text, passed=2)


# Rules: DST-28.
def test_a_test_may_be_the_first_to_import_boto3(suite: Suite) -> None:
    text = """
import sys

def test_one(securityhub):
    assert "boto3" not in sys.modules
    import boto3
    boto3.client("securityhub").describe_hub()

def test_two(securityhub_account):
    import boto3
    arn = boto3.client("securityhub").describe_hub()["HubArn"]
    assert securityhub_account.id in arn
"""
    suite(text, passed=2)


# Rules: DST-28.
def test_settings_of_the_person_do_not_apply(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_PROFILE": "nowhere",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.com")
    text = """
import boto3

def test_sample(securityhub):
    boto3.client("securityhub").describe_hub()
    assert securityhub.verify("DescribeHub") == 1
"""
    suite(text, passed=1)


# Rules: DST-28.
def test_the_default_session_stays_that_of_the_code_if_it_sets_one(securityhub: Emulator) -> None:
    boto3.setup_default_session(region_name="eu-west-1")
    assert described() == HUB_ARN.replace("us-east-1", "eu-west-1")


# Rules: DST-28.
def test_other_processes_call_the_emulator(securityhub: Emulator) -> None:
    script = "import boto3; print(boto3.client('securityhub').describe_hub()['HubArn'])"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == HUB_ARN
    [call] = securityhub.requests()
    assert call["Test"] == os.environ["AWS_SDK_UA_APP_ID"]


# Rules: DST-28.
def test_an_emulator_that_runs_already_is_used(suite: Suite) -> None:
    text = """
import boto3

def test_server(securityhub_server):
    assert securityhub_server.pid is None

def test_account(securityhub_account):
    assert securityhub_account.id in boto3.client("securityhub").describe_hub()["HubArn"]

def test_reset(securityhub):
    assert securityhub.requests() == []
"""
    with start("builtin:quickstart") as hub:
        suite(text, f"--securityhub-endpoint={hub.endpoint}", passed=3)
        assert hub.call("GET", "ready") == {"Ready": True}


# Rules: DST-28.
def test_fresh_accounts_share_an_emulator_with_other_workers(suite: Suite) -> None:
    text = """
import boto3
import pytest

@pytest.mark.parametrize("number", range(40))
def test_account(securityhub_account, number):
    hub = boto3.client("securityhub")
    assert hub.get_findings()["Findings"] == []
    hub.update_security_hub_configuration(AutoEnableControls=False)
    assert len(securityhub_account.requests()) == 2
"""
    with start("builtin:quickstart") as hub:
        suite(text, "-n", "4", f"--securityhub-endpoint={hub.endpoint}", passed=40)
        assert hub.verify("GetFindings") == 40


# Rules: DST-28.
def test_nothing_is_started_or_imported_without_a_fixture(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURITYHUB_LOCAL_BINARY", "/nowhere")
    text = """
import sys

def test_sample():
    ours = {name for name in sys.modules if name.startswith("securityhub_local")}
    assert "boto3" not in sys.modules
    assert ours == {
        "securityhub_local", "securityhub_local.pytest_plugin", "securityhub_local.pytest_plugin.marker"
    }
"""
    suite(text, passed=1)


# Rules: DST-28.
def test_the_account_of_the_emulator_is_that_of_the_scenario(securityhub: Emulator) -> None:
    assert os.environ["AWS_ACCESS_KEY_ID"] == ADMINISTRATOR
    assert os.environ["AWS_CONFIG_FILE"] == os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert securityhub.env()["AWS_SDK_UA_APP_ID"] == os.environ["AWS_SDK_UA_APP_ID"]
