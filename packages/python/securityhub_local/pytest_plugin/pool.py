"""The emulators of a session."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import datetime
from pathlib import Path

import pytest

from .._control import EmulatorNotFound
from .._emulator import Emulator, connect, start
from .._scenario import BUILTIN, Scenario, absolute, timestamp

# Maximum number of emulators with the scenario of a marker.
_LIMIT = 8


class Pool:
    """Emulators by scenario and clock. The one that was not used for the longest time is stopped for a further one."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._emulators: OrderedDict[str, Emulator] = OrderedDict()
        # What the fixture `securityhub_server` has returned, and the emulator that replaces it if a test has ended it.
        self._first: Emulator | None = None
        self._server: Emulator | None = None
        self._scenario = ""

    def server(self, config: pytest.Config) -> Emulator:
        """The emulator of tests whose markers name neither a scenario nor a clock."""
        endpoint = config.getoption("securityhub_endpoint")
        if endpoint:
            try:
                return connect(endpoint)
            except (EmulatorNotFound, ValueError) as error:
                pytest.fail(f"--securityhub-endpoint: {error}", pytrace=False)
        self._scenario = default_scenario(config)
        self._first = self._server = start(self._scenario)
        return self._first

    def running(self, server: Emulator) -> Emulator:
        """The emulator of the fixture `securityhub_server`, or a new one if a test has ended it."""
        if server is not self._first or self._server is None:
            return server
        if not _is_running(self._server):
            self._server.stop()
            self._server = start(self._scenario)
        return self._server

    def emulator(self, scenario: Scenario, clock: str | datetime | None, folder: Path) -> Emulator:
        """The emulator of a scenario whose paths are relative to a folder."""
        scenarios = absolute(scenario, folder)
        key = json.dumps([scenarios, None if clock is None else timestamp("clock", clock)], default=str)
        if key in self._emulators and not _is_running(self._emulators[key]):
            self._emulators.pop(key).stop()
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
        if self._server is not None:
            self._server.stop()

    def __len__(self) -> int:
        return len(self._emulators)


def _is_running(emulator: Emulator) -> bool:
    """Whether no test has stopped an emulator or killed its process."""
    try:
        emulator.call("GET", "ready")
    except EmulatorNotFound:
        return False
    return True


def default_scenario(config: pytest.Config) -> str:
    """The scenario of tests whose markers name none; a path is absolute."""
    scenario: str = config.getini("securityhub_scenario")
    folder = config.inipath.parent if config.inipath else config.rootpath
    return scenario if scenario.startswith(BUILTIN) else str(folder / scenario)
