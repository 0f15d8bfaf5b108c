"""The report of a failed test shows its calls."""

from __future__ import annotations

from typing import Callable

import pytest

from securityhub_local import start

Suite = Callable[..., pytest.RunResult]

FAILING = """
import boto3

def search(severity):
    equals = [{"Value": severity, "Comparison": "EQUALS"}]
    return boto3.client("securityhub").get_findings(Filters={"SeverityLabel": equals})["Findings"]

def test_passes(securityhub):
    boto3.client("securityhub").get_enabled_standards()

def test_fails(securityhub):
    hub = boto3.client("securityhub")
    hub.describe_hub()
    assert search("HIGH")
    try:
        hub.enable_security_hub()
    except hub.exceptions.ResourceConflictException:
        pass
    assert search("UNTRIAGED")

def test_fails_with_an_account(securityhub_account):
    securityhub_account.client().describe_hub()
    assert search("HIGH")

def test_makes_no_calls(securityhub_account):
    assert False
"""
HEADING = "*- securityhub-local -*"


# Rules: DST-30.
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_failed_test_shows_its_calls(suite: Suite, workers: tuple[str, ...]) -> None:
    result = suite(FAILING, *workers, passed=1, failed=3)
    output = result.stdout.str()
    assert output.count("- securityhub-local -") == 3
    result.stdout.fnmatch_lines_random(
        [
            HEADING,
            "2026-01-15 09:00:00.000  111111111111  us-east-1  DescribeHub  200",
            "2026-01-15 09:00:00.000  111111111111  us-east-1  EnableSecurityHub  409 ResourceConflictException: *",
            "2026-01-15 09:00:00.000  111111111111  us-east-1  GetFindings  200 no findings",
            "    *: not returned: SeverityLabel *",
            "no calls of 7???????????* in us-east-1 have reached http://127.0.0.1:*",
        ]
    )
    assert "GetEnabledStandards" not in output, "calls of tests that passed are not shown"
    assert output.count("DescribeHub  200") == 2


# Rules: DST-30.
def test_the_report_may_be_short_or_off(suite: Suite, pytester: pytest.Pytester) -> None:
    text = """
def test_sample(securityhub):
    for _ in range(30):
        securityhub.client().describe_hub()
    assert False
"""
    assert suite(text).stdout.str().count("DescribeHub  200") == 20
    pytester.makeini("[pytest]\nsecurityhub_journal = 3\n")
    assert suite(text).stdout.str().count("DescribeHub  200") == 3
    pytester.makeini("[pytest]\nsecurityhub_journal = 0\n")
    suite(text, failed=1).stdout.no_fnmatch_line(HEADING)


# Rules: DST-30.
def test_a_long_report_has_as_many_calls_as_a_page(suite: Suite, pytester: pytest.Pytester) -> None:
    text = """
def test_sample(securityhub):
    client = securityhub.client()
    for _ in range(1001):
        client.describe_hub()
    assert False
"""
    pytester.makeini("[pytest]\nsecurityhub_journal = 100000\n")
    assert suite(text, failed=1).stdout.str().count("DescribeHub  200") == 1000


# Rules: DST-30.
@pytest.mark.parametrize("value", ["twenty", "-1", "2.5"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_wrong_length_of_the_report_is_an_error_at_the_start(
    suite: Suite, value: str, workers: tuple[str, ...]
) -> None:
    text = "def test_sample():\n    pass\n"
    result = suite(text, "-o", f"securityhub_journal={value}", *workers)
    result.stderr.fnmatch_lines([f"ERROR: securityhub_journal is '{value}'; expected a number of calls, such as 20"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "passed" not in result.stdout.str()


# Rules: DST-30.
def test_only_calls_of_the_test_are_shown_on_a_shared_emulator(suite: Suite) -> None:
    text = """
import boto3
import pytest

@pytest.mark.parametrize("number", range(6))
def test_sample(securityhub_account, number):
    for _ in range(number):
        boto3.client("securityhub").describe_hub()
    assert False
"""
    with start("builtin:quickstart") as hub:
        result = suite(text, "-n", "2", f"--securityhub-endpoint={hub.endpoint}", failed=6)
        assert result.stdout.str().count("DescribeHub  200") == 0 + 1 + 2 + 3 + 4 + 5
        tags = {call["Test"] for call in hub.requests(operation="DescribeHub")}
        assert len(tags) == 5


# Rules: DST-30.
def test_the_section_is_kept_if_the_emulator_is_gone(suite: Suite) -> None:
    text = """
def test_sample(securityhub):
    securityhub.stop()
    assert False
"""
    result = suite(text, failed=1)
    result.stdout.fnmatch_lines([HEADING, "the calls of this test cannot be read from http://127.0.0.1:*"])


# Rules: DST-30.
def test_names_of_tests_become_valid_tags(suite: Suite) -> None:
    text = """
import pytest

@pytest.mark.parametrize("name", ["a b/c", "ä" * 80, "x" * 200])
def test_sample(securityhub, name):
    securityhub.client().describe_hub()
    [call] = securityhub.requests()
    assert 1 <= len(call["Test"]) <= 50
    assert call["Test"].count(".") >= 3
"""
    suite(text, passed=3)
