"""The emulators of a session."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from .._emulator import Emulator, connect, start
from .._scenario import BUILTIN, Scenario, absolute, timestamp

# Maximum number of emulators with the scenario of a marker.
_LIMIT = 8


class Pool:
    """Emulators by scenario and clock. The one that was not used for the longest time is stopped for a further one."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._emulators: OrderedDict[str, Emulator] = OrderedDict()

    def emulator(self, scenario: Scenario, clock: str | datetime | None, folder: Path) -> Emulator:
        """The emulator of a scenario whose paths are relative to a folder."""
        scenarios = absolute(scenario, folder)
        key = json.dumps([scenarios, None if clock is None else timestamp("clock", clock)], default=str)
        if key not in self._emulators:
            while len(self._emulators) >= self._limit:
                self._emulators.popitem(last=False)[1].stop()
            self._emulators[key] = start(scenarios, clock=clock)
        self._emulators.move_to_end(key)
        return self._emulators[key]

    def stop(self) -> None:
        """Stops all emulators."""
        for emulator in self._emulators.values():
            emulator.stop()
        self._emulators.clear()

    def __len__(self) -> int:
        return len(self._emulators)


def default_scenario(config: pytest.Config) -> str:
    """The scenario of tests whose markers name none; a path is absolute."""
    scenario: str = config.getini("securityhub_scenario")
    folder = config.inipath.parent if config.inipath else config.rootpath
    return scenario if scenario.startswith(BUILTIN) else str(folder / scenario)


@contextmanager
def default_emulator(config: pytest.Config) -> Iterator[Emulator]:
    """The emulator of tests whose markers name neither a scenario nor a clock."""
    endpoint = config.getoption("securityhub_endpoint")
    with connect(endpoint) if endpoint else start(default_scenario(config)) as emulator:
        yield emulator
