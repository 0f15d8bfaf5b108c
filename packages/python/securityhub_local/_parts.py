"""The clock, the faults and the snapshots of an emulator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ._check import expect
from ._control import Control, duration, segment
from ._scenario import timestamp

Rows = list[dict[str, Any]]


class Clock:
    """The clock of an emulator. Its scenario decides whether it runs."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def now(self) -> datetime:
        """The time."""
        return _time(self._control.call("GET", "clock"))

    def advance(self, by: timedelta | str) -> datetime:
        """Moves the clock forward, by a duration such as ``timedelta(days=3)``, ``"36h"`` or ``"P3D"``.

        All work that becomes due is done before the call returns.
        """
        expect("by", by, (str, timedelta), "a string or a timedelta")
        text = duration(by) if isinstance(by, timedelta) else by
        return _time(self._control.call("POST", "clock", {"advance": text}))

    def set(self, time: datetime | str) -> datetime:
        """Moves the clock forward to a time. It cannot go back."""
        return _time(self._control.call("POST", "clock", {"set": timestamp("time", time)}))


class Faults:
    """The faults of an emulator: rules that make calls fail or slow them down."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(self, rule: Mapping[str, Any]) -> dict[str, Any]:
        """Adds a fault, such as ``{"Operation": "GetFindings", "Error": {"Code": "Throttle"}, "Times": 2}``.

        Returns the fault with its ``Id``.
        """
        expect("rule", rule, Mapping, "a dict")
        added: dict[str, Any] = self._control.call("POST", "faults", rule)["Faults"][0]
        return added

    def list(self) -> Rows:
        """The faults, in the order in which they are tried, with how often each has ``Fired``."""
        faults: Rows = self._control.call("GET", "faults")["Faults"]
        return faults

    def clear(self) -> None:
        """Deletes all faults."""
        self._control.call("DELETE", "faults")


class Snapshots:
    """Named states of an emulator. ``start`` and ``empty`` always exist."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def save(self, name: str) -> dict[str, Any]:
        """Saves the state under a name. It replaces an earlier snapshot of this name."""
        saved: dict[str, Any] = self._control.call("PUT", f"snapshots/{_segment('name', name)}")
        return saved

    def restore(self, name: str) -> None:
        """Returns to a snapshot."""
        self._control.call("POST", f"snapshots/{_segment('name', name)}/restore")

    def diff(self, a: str, b: str | None = None) -> dict[str, Any]:
        """Compares a snapshot with another one, or with the current state."""
        difference: dict[str, Any] = self._control.call("GET", f"snapshots/{_segment('a', a)}/diff", query={"to": b})
        return difference

    def list(self) -> Rows:
        """The snapshots by name."""
        snapshots: Rows = self._control.call("GET", "snapshots")["Snapshots"]
        return snapshots

    def delete(self, name: str) -> None:
        """Deletes a snapshot."""
        self._control.call("DELETE", f"snapshots/{_segment('name', name)}")


def _segment(parameter: str, name: str) -> str:
    expect(parameter, name, str, "a string")
    return segment(name)


def _time(clock: Mapping[str, Any]) -> datetime:
    # Before version 3.11, `fromisoformat` does not accept `Z`.
    return datetime.fromisoformat(str(clock["now"]).replace("Z", "+00:00"))
