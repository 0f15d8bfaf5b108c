"""The marker ``securityhub`` on tests, classes and modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .._scenario import Scenario

NAME = "securityhub"
# A date, a time and a time zone.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d(:?\d\d)?)")
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
    try:
        _check(arguments)
    except (TypeError, ValueError) as error:
        raise pytest.UsageError(f"{item.nodeid}: the marker {NAME}: {error}") from None
    account = arguments.get("account")
    if account is not None:
        arguments["account"] = str(account)
    return arguments


def _check(arguments: Mapping[str, Any]) -> None:
    """Checks the values of arguments. The program checks whether a scenario and a Region exist."""
    from .._accounts import checked
    from .._check import expect
    from .._scenario import parts, timestamp

    parts(arguments.get("scenario"))
    clock = arguments.get("clock")
    if clock is not None and not _TIME.fullmatch(timestamp("clock", clock)):
        raise ValueError(f"`clock` is {clock!r}; expected a time such as '2026-01-15T09:00:00Z'")
    if arguments.get("account") is not None:
        checked(arguments["account"])
    region = arguments.get("region", Marker.region)
    expect("region", region, str, "a string")
    if not region:
        raise ValueError("`region` is empty; expected a Region such as 'us-east-1'")
    expect("hub", arguments.get("hub", True), bool, "True or False")
