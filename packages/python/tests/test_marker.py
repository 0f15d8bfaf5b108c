"""The marker selects the scenario, the clock, the account and the Region of a test."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import boto3
import pytest
from conftest import HUB_ARN

from securityhub_local import Account, Emulator
from securityhub_local.pytest_plugin.pool import Pool

Suite = Callable[..., pytest.RunResult]
EMPTY = {"regions": ["us-east-1"]}
pytestmark = pytest.mark.securityhub(region="eu-west-1")


# Rules: DST-29.
def test_the_marker_of_a_module_applies(securityhub: Emulator) -> None:
    assert boto3.client("securityhub").describe_hub()["HubArn"] == HUB_ARN.replace("us-east-1", "eu-west-1")
    assert securityhub.client().meta.region_name == "eu-west-1"


@pytest.mark.securityhub(account="222222222222", clock="2026-02-01T00:00:00Z")
class TestNearest:
    """The nearest marker wins per argument."""

    # Rules: DST-29.
    @pytest.mark.securityhub(account="333333333333")
    def test_the_nearest_marker_wins_per_argument(self, securityhub: Emulator) -> None:
        arn = boto3.client("securityhub").describe_hub()["HubArn"]
        assert arn == "arn:aws:securityhub:eu-west-1:333333333333:hub/default"
        assert securityhub.clock.now().isoformat() == "2026-02-01T00:00:00+00:00"

    # Rules: DST-29.
    @pytest.mark.parametrize("attempt", [1, 2])
    def test_the_clock_stands_there_at_the_start(self, securityhub: Emulator, attempt: int) -> None:
        assert securityhub.clock.now().isoformat() == "2026-02-01T00:00:00+00:00", attempt
        securityhub.clock.advance("P1D")


# Rules: DST-29.
@pytest.mark.securityhub(EMPTY, region="us-east-1")
def test_a_scenario_is_a_dict(securityhub: Emulator) -> None:
    assert securityhub.call("GET", "health")["hubs"] == 0


# Rules: DST-29.
@pytest.mark.securityhub(EMPTY, hub=False, region="us-east-1")
def test_a_fresh_account_without_a_hub(securityhub_account: Account) -> None:
    with pytest.raises(Exception, match=f"Account {securityhub_account} is not subscribed"):
        securityhub_account.client().describe_hub()


# Rules: DST-29.
@pytest.mark.securityhub(account="777777777777")
def test_the_account_of_a_marker_is_used(securityhub_account: Account) -> None:
    assert securityhub_account.id == "777777777777"
    assert securityhub_account.client().describe_hub()["HubArn"].endswith(":777777777777:hub/default")


# Rules: DST-29.
def test_a_path_is_relative_to_the_file_of_the_test(suite: Suite, pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("below")
    (folder / "own.yaml").write_text("hubs: [{ account: '444444444444', regions: [us-east-1] }]\n")
    (folder / "test_below.py").write_text(
        """
import pytest

@pytest.mark.securityhub(scenario="own.yaml", account="444444444444")
def test_own(securityhub):
    assert securityhub.client().describe_hub()["HubArn"].endswith(":444444444444:hub/default")

@pytest.mark.securityhub(scenario=["builtin:quickstart", "own.yaml"])
def test_both(securityhub):
    assert securityhub.client().describe_hub()
    assert securityhub.client(account="444444444444").describe_hub()
"""
    )
    suite("", passed=2)


# Rules: DST-29.
def test_the_scenario_of_all_tests_is_a_setting(suite: Suite, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nsecurityhub_scenario = own.yaml\n")
    pytester.path.joinpath("own.yaml").write_text("hubs: [{ account: '444444444444', regions: [us-east-1] }]\n")
    text = """
import pytest

def test_own(securityhub):
    assert securityhub.client(account="444444444444").describe_hub()

@pytest.mark.securityhub(clock="2030-01-01T00:00:00Z")
def test_clock(securityhub):
    assert securityhub.client(account="444444444444").describe_hub()
    assert securityhub.clock.now().year == 2030
"""
    suite(text, passed=2)


# Rules: DST-29.
def test_markers_are_registered(suite: Suite) -> None:
    text = "import pytest\n\n@pytest.mark.securityhub\ndef test_sample():\n    pass\n"
    suite(text, "--strict-markers", passed=1)
    result = suite(text, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.securityhub(scenario=None, clock=None, account=None, *"])


# Rules: DST-29.
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("scenaro='x'", "the marker securityhub has no argument 'scenaro': securityhub(scenario=None, *"),
        ("1, 2, 3, 4, 5, 6", "the marker securityhub has at most 5 arguments: *"),
        ("'x', scenario='y'", "the marker securityhub has the argument 'scenario' twice"),
        ("account='12'", "the marker securityhub: '12' is not a valid account ID (expected 12 digits)"),
    ],
)
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_mistake_in_a_marker_is_named(suite: Suite, arguments: str, message: str, workers: tuple[str, ...]) -> None:
    text = f"""
from datetime import date, datetime
import pytest

@pytest.mark.securityhub({arguments})
def test_sample(securityhub):
    pass
"""
    result = suite(text, *workers)
    if workers:
        result.stdout.fnmatch_lines([f"*UsageError: test_sample.py::test_sample: {message}"])
    else:
        result.stderr.fnmatch_lines([f"ERROR: test_sample.py::test_sample: {message}"])
    assert result.ret != 0
    assert "passed" not in result.stdout.str()


# Rules: DST-29.
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("5", "the marker securityhub: `scenario` must be a path, 'builtin:NAME', a dict, or a list of these, not int"),
        ("clock=date(2026, 1, 1)", "the marker securityhub: `clock` must be a string or a datetime, not date"),
        ("clock=datetime(2026, 1, 1)", "the marker securityhub: * has no time zone; expected a time such as *"),
        ("clock='2026-01-15'", "the marker securityhub: `clock` is '2026-01-15'; expected a time such as *"),
        ("region=None", "the marker securityhub: `region` must be a string, not NoneType"),
        ("region=''", "the marker securityhub: `region` is empty; *"),
        ("hub='no'", "the marker securityhub: `hub` must be True or False, not str"),
    ],
)
def test_a_wrong_value_in_a_marker_is_named(suite: Suite, arguments: str, message: str) -> None:
    test_a_mistake_in_a_marker_is_named(suite, arguments, message, ())


# Rules: DST-29.
def test_a_marker_accepts_all_kinds_of_values(suite: Suite) -> None:
    text = """
from datetime import datetime, timezone
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", [
    pytest.param(number, marks=pytest.mark.securityhub(clock=clock))
    for number, clock in enumerate([
        datetime(2026, 3, 1, tzinfo=timezone.utc), "2026-03-01T00:00:00Z", "2026-03-01T01:00:00.000+01:00",
        "2026-03-01 00:00Z",
    ])
])
def test_clock(securityhub, number):
    assert securityhub.clock.now() == datetime(2026, 3, 1, tzinfo=timezone.utc)

@pytest.mark.securityhub(None, clock=None, account=None, hub=False)
def test_none(securityhub):
    assert securityhub.env()["AWS_ACCESS_KEY_ID"] == "111111111111"

@pytest.mark.securityhub(["builtin:quickstart", {"hubs": [{"account": "444444444444", "regions": ["us-east-1"]}]}])
def test_scenario(securityhub):
    assert securityhub.client(account="444444444444").describe_hub()

@pytest.mark.securityhub(account=222222222222)
def test_account(securityhub):
    assert securityhub.env()["AWS_ACCESS_KEY_ID"] == "222222222222"
"""
    suite(text, passed=7)


# Rules: DST-29.
def test_mistakes_of_a_scenario_are_reported(suite: Suite) -> None:
    text = "import pytest\n\n@pytest.mark.securityhub({'hubs': 3})\ndef test_sample(securityhub):\n    pass\n"
    result = suite(text, errors=1)
    result.stdout.fnmatch_lines(["*StartError: securityhub-local did not start:", "*hubs*"])


# Rules: DST-29.
def test_scenarios_share_emulators_and_the_least_used_one_is_stopped(tmp_path: Path) -> None:
    pool = Pool(limit=2)
    try:
        one = pool.emulator("builtin:quickstart", None, tmp_path)
        two = pool.emulator("builtin:quickstart", "2030-01-01T00:00:00Z", tmp_path)
        assert pool.emulator(["builtin:quickstart"], None, tmp_path) is one
        three = pool.emulator(EMPTY, None, tmp_path)
        assert len(pool) == 2
        with pytest.raises(ConnectionError):
            two.reset()
        one.reset()
        three.reset()
    finally:
        pool.stop()
    with pytest.raises(ConnectionError):
        one.reset()
