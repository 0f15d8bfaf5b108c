"""A wrong argument is an error that names the parameter and what is expected."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import finding

from securityhub_local import Emulator, connect, find_binary, start

SCENARIO = "`scenario` must be a path, 'builtin:NAME', a dict, or a list of these, not "
CLOCK = "`clock` must be a string or a datetime, not "
ARGS = "`args` must be a list of strings, not "


# Rules: DST-23.
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scenario": 5}, SCENARIO + "int"),
        ({"scenario": b"builtin:quickstart"}, SCENARIO + "bytes"),
        ({"scenario": ["builtin:quickstart", None]}, SCENARIO + "NoneType"),
        ({"scenario": [["builtin:quickstart"]]}, SCENARIO + "list"),
        ({"clock": date(2026, 1, 1)}, CLOCK + "date"),
        ({"clock": 5}, CLOCK + "int"),
        ({"args": "--tls"}, ARGS + "str"),
        ({"args": ["--journal", 5]}, ARGS + "a list with int"),
        ({"args": None}, ARGS + "NoneType"),
        ({"port": "0"}, "`port` must be a number, not str"),
        ({"host": 5}, "`host` must be a string, not int"),
        ({"timeout": "1"}, "`timeout` must be a number of seconds, not str"),
        ({"binary": 5}, "`binary` must be a path, not int"),
    ],
)
def test_a_wrong_argument_of_start_is_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as caught:
        start(**arguments)
    assert str(caught.value) == message


# Rules: DST-23.
def test_arguments_of_start_may_be_tuples_and_paths(tmp_path: Path) -> None:
    with start(("builtin:quickstart",), args=("--data-dir", tmp_path / "data")) as hub:  # type: ignore[arg-type]
        assert hub.call("GET", "health")["hubs"] > 0


# Rules: DST-24.
def test_a_wrong_time_or_name_is_named(hub: Emulator) -> None:
    wrong: Any
    for wrong in (None, 5, date(2026, 1, 1)):
        with pytest.raises(TypeError, match=f"^`time` must be a string or a datetime, not {type(wrong).__name__}$"):
            hub.clock.set(wrong)
    with pytest.raises(ValueError, match="has no time zone"):
        hub.clock.set(datetime(2026, 3, 1))
    for wrong in (None, 5):
        with pytest.raises(TypeError, match=r"^`by` must be a string or a timedelta, not "):
            hub.clock.advance(wrong)
        for use in (hub.snapshots.save, hub.snapshots.restore, hub.snapshots.delete):
            with pytest.raises(TypeError, match=r"^`name` must be a string, not "):
                use(wrong)
        with pytest.raises(TypeError, match=r"^`a` must be a string, not "):
            hub.snapshots.diff(wrong)
        with pytest.raises(TypeError, match=r"^`rule` must be a dict, not "):
            hub.faults.add(wrong)
        with pytest.raises(TypeError, match=r"^`endpoint` must be a string, not "):
            connect(wrong)
    with pytest.raises(TypeError, match=r"^`binary` must be a path, not int$"):
        find_binary(5)  # type: ignore[arg-type]


# Rules: DST-24.
def test_regions_are_a_list(hub: Emulator) -> None:
    message = "^`regions` must be a list of strings, not str$"
    with pytest.raises(TypeError, match=message):
        hub.account(hub=True, regions="us-east-1")
    with pytest.raises(TypeError, match=message):
        hub.account(regions="us-east-1")
    with pytest.raises(TypeError, match=message):
        hub.account().enable("us-east-1")


# Rules: DST-24.
def test_findings_are_imported_as_a_list(hub: Emulator) -> None:
    wrong: Any
    for wrong in (finding("scan/1"), {}, "scan/1", None):
        with pytest.raises(TypeError, match=r"^`findings` must be a list of findings, not "):
            hub.import_findings(wrong)
    assert hub.events() == []
    assert hub.import_findings([]) == 0
    assert hub.import_findings((finding("scan/1"), finding("scan/2"))) == 2


# Rules: DST-24.
def test_a_verification_waits_for_a_timedelta(hub: Emulator) -> None:
    hub.client().describe_hub()
    for wait in (timedelta(seconds=1), "1s", 1, 0.5):
        assert hub.verify("DescribeHub", wait=wait) == 1
    with pytest.raises(AssertionError):
        hub.verify("GetFindings", wait=timedelta(milliseconds=1))
