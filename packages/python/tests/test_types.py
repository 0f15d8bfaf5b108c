"""The package is typed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import securityhub_local

SAMPLE = """
from datetime import datetime, timedelta

from securityhub_local import Account, ControlError, Emulator, StartError, connect, find_binary, start


def triage(hub: Emulator) -> int:
    account: Account = hub.account(hub=True, regions=["eu-west-1"])
    now: datetime = hub.clock.advance(timedelta(days=1))
    calls: int = hub.verify("GetFindings", {"MaxResults": 1}, min=0, account=account)
    events = [event["detail-type"] for event in hub.events(account=account, wait=5)]
    hub.faults.add({"Operation": "GetFindings", "Error": {"Code": "Internal"}})
    names = [snapshot["Name"] for snapshot in hub.snapshots.list()]
    return calls + len(events) + len(names) + now.year


def run() -> None:
    try:
        with start(["builtin:quickstart", {"hubs": []}], clock="2026-01-01T00:00:00Z", args=["--no-ui"]) as hub:
            print(triage(hub), triage(connect(hub.endpoint)), find_binary())
    except (StartError, ControlError) as error:
        print(error)


def test_sample(securityhub: Emulator, securityhub_account: Account) -> None:
    securityhub.client().describe_hub()
    securityhub_account.client(region="eu-west-1")
"""
MISTAKES = """
from securityhub_local import start

start(port="0")
start().verify(1)
"""


def mypy(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", "--ignore-missing-imports"]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


# Rules: DST-20.
def test_a_sample_and_the_package_are_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    sample = tmp_path / "sample.py"
    sample.write_text(SAMPLE)
    run = mypy(str(sample))
    assert run.returncode == 0, run.stdout
    run = mypy("-p", securityhub_local.__name__)
    assert run.returncode == 0, run.stdout


# Rules: DST-20.
def test_mistakes_are_found_by_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    sample = tmp_path / "sample.py"
    sample.write_text(MISTAKES)
    run = mypy(str(sample))
    assert run.stdout.count("error: Argument") == 2, run.stdout
