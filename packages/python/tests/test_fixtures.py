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
    assert securityhub.client().describe_hub()["HubArn"] == HUB_ARN


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
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_RETRY_MODE": "legacy",
        "AWS_DEFAULTS_MODE": "mobile",
        "AWS_SECURITY_TOKEN": "token",
        "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z",
        "AWS_AUTH_SCHEME_PREFERENCE": "httpBearerAuth",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.com")
    text = """
import boto3

def test_sample(securityhub):
    client = boto3.client("securityhub")
    client.describe_hub()
    assert securityhub.verify("DescribeHub") == 1
    assert client.meta.config.connect_timeout == 60

def test_retries(securityhub):
    for client in (boto3.client("securityhub"), securityhub.client()):
        securityhub.faults.add({"Operation": "DescribeHub", "Error": {"Code": "Throttle"}, "Times": 2})
        client.describe_hub()
    securityhub.verify("DescribeHub", min=6, max=6)
"""
    suite(text, passed=2)


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


# Rules: DST-28.
@pytest.mark.parametrize("arguments", ["securityhub, securityhub_account", "securityhub_account, securityhub"])
def test_both_fixtures_work_in_any_order(suite: Suite, arguments: str) -> None:
    last = arguments.rpartition(" ")[2]
    text = f"""
import boto3
import pytest

def account_of(client):
    return client.describe_hub()["HubArn"].split(":")[4]

@pytest.fixture
def imported(securityhub_account):
    return securityhub_account.client().create_insight(Name="own", Filters={{}}, GroupByAttribute="Id")["InsightArn"]

@pytest.mark.parametrize("number", range(2))
def test_accounts({arguments}, number):
    assert account_of(securityhub.client()) == "111111111111"
    assert account_of(securityhub_account.client()) == securityhub_account.id != "111111111111"
    last = {{"securityhub": "111111111111", "securityhub_account": securityhub_account.id}}["{last}"]
    assert account_of(boto3.client("securityhub")) == last
    assert len(securityhub.requests()) == 3

@pytest.mark.securityhub(account="222222222222")
def test_marker({arguments}):
    for client in (securityhub.client(), securityhub_account.client(), boto3.client("securityhub")):
        assert account_of(client) == "222222222222"

def test_nothing_of_the_account_is_reset(imported, securityhub, securityhub_account):
    [insight] = securityhub_account.client().get_insights(InsightArns=[imported])["Insights"]

class TestAutouse:
    @pytest.fixture(autouse=True)
    def always(self, {arguments.partition(",")[0]}):
        pass

    def test_autouse(self, {last}):
        account = {last}.id if "{last}" == "securityhub_account" else "111111111111"
        assert account_of(boto3.client("securityhub")) == account

def test_report({arguments}):
    boto3.client("securityhub").describe_hub()
    assert False
"""
    result = suite(text, passed=5, failed=1)
    assert result.stdout.str().count("DescribeHub  200") == 1


# Rules: DST-28.
@pytest.mark.parametrize("end", ["securityhub.stop()", "os.kill(securityhub.pid, 9)"])
@pytest.mark.parametrize("marker", ["", "@pytest.mark.securityhub('builtin:delegated-admin')"])
def test_a_test_that_ends_the_emulator_does_not_affect_others(suite: Suite, end: str, marker: str) -> None:
    text = f"""
import os

import boto3
import pytest

{marker}
@pytest.mark.parametrize("number", range(2))
def test_end(securityhub, number):
    boto3.client("securityhub").describe_hub()
    {end}

{marker}
def test_account(securityhub_account):
    boto3.client("securityhub").describe_hub()
    assert len(securityhub_account.requests()) == 1

{marker}
def test_reset(securityhub):
    boto3.client("securityhub").describe_hub()
"""
    suite(text, passed=4)


# Rules: DST-28.
def test_the_server_may_be_a_fixture_of_the_tests(suite: Suite) -> None:
    text = """
import pytest
from securityhub_local import EmulatorNotFound, start

@pytest.fixture(scope="session")
def securityhub_server():
    with start({"hubs": []}) as server:
        yield server

def test_one(securityhub, securityhub_server):
    assert securityhub is securityhub_server
    assert securityhub.call("GET", "health")["hubs"] == 0
"""
    suite(text, passed=1)


# Rules: DST-28.
def test_an_endpoint_without_an_emulator_is_named(suite: Suite) -> None:
    with start() as hub:
        pass
    text = "def test_sample(securityhub):\n    pass\n"
    result = suite(text, f"--securityhub-endpoint={hub.endpoint}", errors=1)
    result.stdout.fnmatch_lines([f"--securityhub-endpoint: no emulator answers at {hub.endpoint}: *refused"])
    assert "http.client" not in result.stdout.str()
    result = suite(text, "--securityhub-endpoint=127.0.0.1:4600", errors=1)
    result.stdout.fnmatch_lines(
        ["--securityhub-endpoint: '127.0.0.1:4600' is not an endpoint (expected a URL such as *"]
    )


# Rules: DST-28.
@pytest.mark.parametrize("marker", ["'builtin:quickstart'", "clock='2026-03-01T00:00:00Z'"])
def test_an_emulator_that_runs_already_has_no_scenario_of_a_marker(suite: Suite, marker: str) -> None:
    text = f"""
import pytest

@pytest.mark.securityhub({marker})
class TestSample:
    def test_marker(self, securityhub):
        pass

    def test_marker_of_an_account(self, securityhub_account):
        pass

    def test_without_a_fixture(self):
        pass

@pytest.mark.securityhub(account="222222222222", region="eu-west-1")
def test_other_arguments(securityhub):
    pass
"""
    with start("builtin:quickstart") as hub:
        result = suite(text, f"--securityhub-endpoint={hub.endpoint}", passed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "this test needs a separate emulator, because its marker securityhub has a scenario or a clock; "
            "run it without --securityhub-endpoint"
        ]
    )
