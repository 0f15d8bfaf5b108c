"""Scenarios as arguments of the program."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Union

from ._check import expect

BUILTIN = "builtin:"

OneScenario = Union[str, "os.PathLike[str]", Mapping[str, Any]]
#: A path, ``builtin:NAME``, a dict, or a list of these, of which later ones extend earlier ones.
Scenario = Union[OneScenario, Sequence[OneScenario]]


def parts(scenario: Scenario | None) -> list[OneScenario]:
    """The scenarios of a list."""
    if scenario is None:
        return []
    given: list[Any] = [scenario]
    if isinstance(scenario, Sequence) and not isinstance(scenario, (str, bytes)):
        given = list(scenario)
    for part in given:
        expect("scenario", part, (str, os.PathLike, Mapping), f"a path, '{BUILTIN}NAME', a dict, or a list of these")
    return given


def arguments(scenario: Scenario | None, clock: str | datetime | None, folder: Path) -> Iterator[str]:
    """The arguments of ``serve`` for a scenario. Those that are not in files are written into the folder."""
    given = parts(scenario)
    if clock is not None:
        # The clock of a later scenario replaces that of the scenarios before it.
        given.append({"clock": {"now": timestamp("clock", clock), "frozen": True}})
    for number, part in enumerate(given):
        if isinstance(part, Mapping):
            file = folder / f"scenario-{number}.json"
            file.write_text(json.dumps(part), "utf-8")
            part = file
        yield from ("--scenario", os.fspath(part))


def absolute(scenario: Scenario | None, folder: Path) -> list[OneScenario]:
    """The scenarios of a list, with paths relative to a folder."""

    def resolved(part: OneScenario) -> OneScenario:
        if isinstance(part, Mapping) or str(part).startswith(BUILTIN):
            return part
        return str(folder / part)

    return [resolved(part) for part in parts(scenario)]


def timestamp(parameter: str, time: str | datetime) -> str:
    """A time in RFC 3339, given for a parameter."""
    expect(parameter, time, (str, datetime), "a string or a datetime")
    if isinstance(time, str):
        return time
    if time.tzinfo is None:
        raise ValueError(
            f"{time!r} has no time zone; expected a time such as datetime(2026, 1, 15, tzinfo=timezone.utc)"
        )
    return time.isoformat()
