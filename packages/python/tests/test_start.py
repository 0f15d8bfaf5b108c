"""Emulators are started, and end with the process that has started them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timezone
from multiprocessing import get_context
from pathlib import Path
from typing import Callable

import pytest
from conftest import ADMINISTRATOR, HUB_ARN

from securityhub_local import StartError, start

# The bar is 50 ms for a release build; a debug build, or a machine under load, is slower.
READY_SECONDS = float(os.environ.get("SECURITYHUB_LOCAL_TEST_READY_SECONDS", "0.05"))


def is_listening(port: int) -> bool:
    """Whether a process accepts connections on a port."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def wait_until_closed(port: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while is_listening(port):
        assert time.monotonic() < end, f"port {port} is open after {seconds} s"
        time.sleep(0.02)


# Rules: DST-23.
def test_it_is_ready_soon() -> None:
    times: list[float] = []
    while len(times) < 5 or (min(times) > READY_SECONDS and len(times) < 50):
        begin = time.perf_counter()
        with start("builtin:quickstart") as hub:
            times.append(time.perf_counter() - begin)
            assert hub.call("GET", "ready") == {"Ready": True}
    print(f"ready after {min(times) * 1000:.1f} ms")
    assert min(times) <= READY_SECONDS


# Rules: DST-23.
def test_mistakes_of_a_scenario_are_in_the_error() -> None:
    with pytest.raises(StartError) as caught:
        start({"hubs": 3, "regions": ["mars-1"]})
    assert "hubs" in caught.value.text
    assert "regions" in caught.value.text
    assert caught.value.text in str(caught.value)


# Rules: DST-23.
def test_the_error_has_the_exit_code_of_the_program() -> None:
    with pytest.raises(StartError, match="unexpected argument") as caught:
        start(args=["--nonsense"])
    assert caught.value.exit_code == 2
    with pytest.raises(StartError, match="it ended with exit code 0 and printed no error") as caught:
        start(args=["--help"])
    assert (caught.value.exit_code, caught.value.text) == (0, "")


# Rules: DST-23.
def test_an_error_reaches_the_parent_of_a_worker_process() -> None:
    # A new interpreter for the worker, because this process has threads.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool, pytest.raises(StartError, match="hubs") as caught:
        pool.submit(start, {"hubs": 3}).result(30)
    assert "hubs" in caught.value.text
    assert caught.value.exit_code == 2


# Rules: DST-23.
def test_a_scenario_is_a_path_a_name_a_dict_or_a_list(tmp_path: Path) -> None:
    hubs = {"hubs": [{"account": "444444444444", "regions": ["us-east-1"]}]}
    file = tmp_path / "own.yaml"
    file.write_text("hubs: [{ account: '555555555555', regions: [us-east-1] }]\n")
    for scenario, accounts in (
        (file, ["555555555555"]),
        (str(file), ["555555555555"]),
        (hubs, ["444444444444"]),
        (["builtin:quickstart", hubs, file], [ADMINISTRATOR, "444444444444", "555555555555"]),
    ):
        with start(scenario) as hub:
            for account in accounts:
                arn = hub.client(account=account).describe_hub()["HubArn"]
                assert arn == HUB_ARN.replace(ADMINISTRATOR, account)


# Rules: DST-23.
def test_a_clock_replaces_that_of_the_scenario() -> None:
    time = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    for clock in (time, "2026-03-01T12:00:00Z"):
        with start("builtin:quickstart", clock=clock) as hub:
            assert hub.clock.now() == time
            hub.reset()
            assert hub.clock.now() == time
    with pytest.raises(ValueError, match="has no time zone"):
        start(clock=datetime(2026, 3, 1))


# Rules: DST-23.
def test_arguments_are_passed_to_serve() -> None:
    with start("builtin:quickstart", args=["--journal", "0"]) as hub, pytest.raises(Exception, match="journal"):
        hub.requests()
    with pytest.raises(StartError, match="unexpected argument"):
        start(args=["--nonsense"])


# Rules: DST-23.
def test_settings_in_the_environment_do_not_apply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURITYHUB_LOCAL_SCENARIO", "/nowhere.yaml")
    with start() as hub:
        assert hub.call("GET", "health")["hubs"] == 0


# Rules: DST-23.
def test_it_must_be_ready_in_time() -> None:
    # The program generates these for longer than it may.
    many = {
        "hubs": [{"account": "111111111111", "regions": ["us-east-1"]}],
        "findings": [{"generate": {"product": "all", "count": 400_000}}],
    }
    begin = time.monotonic()
    with pytest.raises(StartError, match=r"not ready after 0\.05 seconds"):
        start(many, timeout=0.05)
    assert time.monotonic() - begin < 5


# Rules: DST-24.
def test_stop_can_be_called_twice_and_takes_less_than_a_second() -> None:
    hub = start()
    begin = time.monotonic()
    hub.stop()
    assert time.monotonic() - begin <= 1
    assert not is_listening(hub.port)
    hub.stop()


# Rules: DST-26.
def test_it_ends_when_the_interpreter_ends(python: Callable[..., list[str]]) -> None:
    command = python("from securityhub_local import start\nhub = start()\nprint(hub.port)\n")
    port = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert not is_listening(port)


# Rules: DST-05, DST-26.
@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_it_ends_when_the_process_is_killed(python: Callable[..., list[str]]) -> None:
    command = python(
        "import time\nfrom securityhub_local import start\nhub = start()\nprint(hub.port, flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert is_listening(port)
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until_closed(port, 2)


# Rules: DST-26.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork of Unix")
def test_a_fork_uses_it_and_stops_nothing(python: Callable[..., list[str]]) -> None:
    text = """
import os
from securityhub_local import start

hub = start("builtin:quickstart")
client = hub.client()
arn = client.describe_hub()["HubArn"]
fresh = hub.account().id
child = os.fork()
if child == 0:
    assert hub.client() is not client, "connections are not shared"
    assert hub.client().describe_hub()["HubArn"] == arn
    assert hub.account().id != fresh
    hub.stop()
    raise SystemExit(0)
assert os.waitpid(child, 0)[1] == 0
ids = {hub.account().id for _ in range(10)}
assert fresh not in ids
assert hub.client() is client
assert hub.client().describe_hub()["HubArn"] == arn
assert hub.call("GET", "ready") == {"Ready": True}
"""
    subprocess.run(python(text), check=True)


# Rules: DST-26.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork of Unix")
def test_a_forked_child_does_not_delay_a_stop(python: Callable[..., list[str]]) -> None:
    text = """
import os
import time
from securityhub_local import start

hubs = [start(), start()]
child = os.fork()
if child == 0:
    time.sleep(60)
    os._exit(0)
for hub in hubs:
    hub.stop()
    assert hub._process.exit_code() == 0, hub._process.exit_code()
os.kill(child, 9)
os.waitpid(child, 0)
"""
    subprocess.run(python(text), check=True)


# Rules: DST-26.
@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork of Unix")
def test_a_forked_child_does_not_keep_it_after_its_process_is_killed(python: Callable[..., list[str]]) -> None:
    text = """
import os
import time
from securityhub_local import start

hub = start()
child = os.fork()
if child:
    print(hub.port, child, flush=True)
time.sleep(60)
"""
    with subprocess.Popen(python(text), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port, child = map(int, process.stdout.readline().split())
        try:
            process.kill()
            process.wait()
            wait_until_closed(port, 2)
        finally:
            os.kill(child, signal.SIGKILL)
