"""The marker ``securityhub`` on tests, classes and modules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .._scenario import Scenario

NAME = "securityhub"
MARKER = "securityhub(scenario=None, clock=None, account=None, region='us-east-1', hub=True)"


@dataclass(frozen=True)
class Marker:
    """The settings of a test: the arguments of its markers, of which the nearest one that gives an argument wins."""

    scenario: Scenario | None = None
    """A path relative to the file of the test, ``builtin:NAME``, a dict, or a list of these."""
    clock: str | datetime | None = None
    """The time at which the clock stands at the start."""
    account: str | None = None
    """The account as which clients call."""
    region: str = "us-east-1"
    """The Region that clients call."""
    hub: bool = True
    """Whether Security Hub is enabled in the account of `securityhub_account`."""


_NAMES = [field.name for field in fields(Marker)]


def marker_of(item: pytest.Item) -> Marker:
    """The settings of a test."""
    settings = Marker()
    # The farthest marker comes first.
    for mark in reversed(list(item.iter_markers(NAME))):
        settings = replace(settings, **_arguments(item, mark))
    return settings


def check(items: Iterable[pytest.Item]) -> None:
    """Checks the arguments of all markers, so that a mistake is reported before the first test runs."""
    checked: set[int] = set()
    for item in items:
        for mark in item.iter_markers(NAME):
            if id(mark) not in checked:
                checked.add(id(mark))
                _arguments(item, mark)


def _arguments(item: pytest.Item, mark: pytest.Mark) -> dict[str, Any]:
    """The arguments of a marker by their names."""
    if len(mark.args) > len(_NAMES):
        raise pytest.UsageError(f"{item.nodeid}: the marker {NAME} has at most {len(_NAMES)} arguments: {MARKER}")
    arguments = dict(zip(_NAMES, mark.args))
    for name, value in mark.kwargs.items():
        if name not in _NAMES:
            raise pytest.UsageError(f"{item.nodeid}: the marker {NAME} has no argument '{name}': {MARKER}")
        if name in arguments:
            raise pytest.UsageError(f"{item.nodeid}: the marker {NAME} has the argument '{name}' twice")
        arguments[name] = value
    account = arguments.get("account")
    if account is not None:
        arguments["account"] = str(account)
    return arguments
