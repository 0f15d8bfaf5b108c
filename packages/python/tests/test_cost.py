"""The cost of the plugin: of a test, of the fixtures alone, and of pytest without a fixture."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from securityhub_local import start

Suite = Callable[..., pytest.RunResult]
TESTS = 200
# A debug build is not measured.
IS_MEASURED = os.environ.get("SECURITYHUB_LOCAL_TEST_READY_SECONDS") is None

CONFTEST = """
import json
import time
import pytest

TIMES = {}

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    begin = time.perf_counter(), time.process_time()
    yield
    spent = time.perf_counter() - begin[0], time.process_time() - begin[1]
    TIMES.setdefault(item.originalname, []).append(spent)

def pytest_sessionfinish(session):
    with open("times.json", "w") as file:
        json.dump(TIMES, file)
"""

SAMPLE = f"""
import boto3
import pytest

many = pytest.mark.parametrize("number", range({TESTS}))

@many
def test_empty(number):
    pass

@many
def test_account(securityhub_account, number):
    boto3.client("securityhub").describe_hub()

@many
def test_world(securityhub, number):
    boto3.client("securityhub").describe_hub()

@many
def test_account_alone(securityhub_account, number):
    pass

@many
def test_world_alone(securityhub, number):
    pass

@many
def test_package_client(securityhub_account, number):
    securityhub_account.client().describe_hub()

@many
def test_by_hand(endpoint, number):
    hub = boto3.client("securityhub", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id=f"73{{number:010}}", aws_secret_access_key="x")
    hub.enable_security_hub()
    hub.describe_hub()
"""


# Rules: DST-30a.
def test_a_test_with_a_client_costs_milliseconds(suite: Suite, pytester: pytest.Pytester) -> None:
    with start("builtin:quickstart") as hub:
        by_hand = f"\nimport pytest\n\n@pytest.fixture\ndef endpoint():\n    return {hub.endpoint!r}\n"
        pytester.makeconftest(CONFTEST + by_hand)
        suite(SAMPLE, passed=7 * TESTS)
    times = json.loads((pytester.path / "times.json").read_text())
    cost: dict[str, tuple[float, float]] = {}
    for name, of in times.items():
        wall, cpu = zip(*of)
        cost[name] = statistics.median(wall) * 1000, statistics.median(cpu) * 1000
    empty = cost.pop("test_empty")
    print("milliseconds a test, less an empty test: elapsed, and processor time of pytest")
    for name, (wall, cpu) in cost.items():
        cost[name] = round(wall - empty[0], 2), round(cpu - empty[1], 2)
        print(f"  {name:20} {cost[name]}")
    if not IS_MEASURED:
        pytest.skip(f"not measured with a debug build: {cost}")
    # On a loaded machine, a test waits for the processor most of the time.
    for name, most in (("test_account", 15), ("test_world", 15), ("test_account_alone", 3), ("test_world_alone", 3)):
        assert min(cost[name]) <= most, name


# Rules: DST-28.
def test_the_plugin_costs_little_without_a_fixture(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import time, pytest\nbegin = time.perf_counter()\nimport securityhub_local.pytest_plugin\n"
        "print(time.perf_counter() - begin)\n"
    )
    times = [float(subprocess.check_output([sys.executable, str(script)])) for _ in range(5)]
    print(f"import of the plugin: {min(times) * 1000:.1f} ms")
    assert min(times) <= 0.020
