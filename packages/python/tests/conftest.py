"""Shared by the tests of the package: emulators, findings, and runs of pytest on sample suites."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from securityhub_local import Emulator, start

pytest_plugins = ["pytester"]

ADMINISTRATOR = "111111111111"
HUB_ARN = f"arn:aws:securityhub:us-east-1:{ADMINISTRATOR}:hub/default"


def finding(id: str, account: str = ADMINISTRATOR, **members: Any) -> dict[str, Any]:
    """A finding of an account's own product."""
    return {
        "SchemaVersion": "2018-10-08",
        "Id": id,
        "ProductArn": f"arn:aws:securityhub:us-east-1:{account}:product/{account}/default",
        "GeneratorId": "scan",
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/Vulnerabilities"],
        "CreatedAt": "2026-01-15T08:00:00Z",
        "UpdatedAt": "2026-01-15T08:00:00Z",
        "Severity": {"Label": "CRITICAL"},
        "Title": "Port 22 is open to the world",
        "Description": "Found by a scan.",
        "Resources": [{"Type": "Other", "Id": "host-1"}],
        **members,
    }


def equals(value: str) -> list[dict[str, str]]:
    """A filter of GetFindings."""
    return [{"Value": value, "Comparison": "EQUALS"}]


@pytest.fixture(scope="session")
def quickstart() -> Iterator[Emulator]:
    """An emulator whose tests leave it as it was."""
    with start("builtin:quickstart") as emulator:
        yield emulator


@pytest.fixture
def hub(quickstart: Emulator) -> Emulator:
    """An emulator at the start of the scenario quickstart."""
    quickstart.reset()
    return quickstart


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Runs a sample suite in a process of its own: `suite(text, arguments...)`."""

    def run(text: str, *arguments: str, **outcomes: int) -> pytest.RunResult:
        pytester.makepyfile(test_sample=text)
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)
        if outcomes:
            result.assert_outcomes(**outcomes)
        return result

    return run


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., list[str]]:
    """The command that runs a script with arguments in a new interpreter."""

    def command(text: str, *arguments: str) -> list[str]:
        script = tmp_path / "script.py"
        script.write_text(text, "utf-8")
        return [sys.executable, str(script), *arguments]

    return command
