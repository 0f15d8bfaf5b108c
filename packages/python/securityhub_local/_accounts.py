"""Accounts of an emulator, and fresh account IDs."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._emulator import Emulator

# No built-in scenario has accounts that begin with this digit.
_FIRST = "7"
_WORKERS = 1000
_IDS = 10**8
_DIGITS = frozenset("0123456789")


class Ids:
    """Fresh account IDs: a first digit, three digits of the worker of pytest-xdist, and eight digits that count.

    Counting starts at 0, so that the same tests get the same IDs, unless other processes may use the same emulator: it
    then starts at a random number, as it does after a fork.
    """

    def __init__(self) -> None:
        self._process = os.getpid()
        self._exclusive: Iterator[int] = itertools.count()
        self._shared = _from_random()

    def next(self, *, is_shared: bool) -> str:
        """The next ID. No process gets an ID twice."""
        if self._process != os.getpid():
            # The parent process continues to count.
            self._process, self._exclusive, self._shared = os.getpid(), _from_random(), _from_random()
        # Both counters are in separate halves of the numbers.
        number = next(self._shared) % (_IDS // 2) + _IDS // 2 if is_shared else next(self._exclusive) % (_IDS // 2)
        return f"{_FIRST}{worker():03}{number:08}"


def _from_random() -> Iterator[int]:
    return itertools.count(random.SystemRandom().randrange(_IDS // 2))


def worker() -> int:
    """The number of the worker of pytest-xdist, from 1; 0 outside workers."""
    name = os.environ.get("PYTEST_XDIST_WORKER", "")
    return (int(name[2:]) + 1) % _WORKERS if name.startswith("gw") and name[2:].isdigit() else 0


IDS = Ids()


def checked(account: object) -> str:
    """The ID of an account, which has 12 digits."""
    text = str(account)
    if len(text) != 12 or not _DIGITS.issuperset(text):
        raise ValueError(f"'{text}' is not a valid account ID (expected 12 digits)")
    return text


class Account:
    """An account of an emulator. ``str(account)`` is its ID."""

    def __init__(self, emulator: Emulator, id: str) -> None:
        self._emulator = emulator
        self.id = id

    def client(self, service: str = "securityhub", region: str | None = None, **kwargs: Any) -> Any:
        """A boto3 client that calls as this account."""
        return self._emulator.client(service, account=self, region=region, **kwargs)

    def env(self, region: str | None = None) -> dict[str, str]:
        """The variables with which AWS clients call the emulator as this account."""
        return self._emulator.env(self, region)

    def enable(self, regions: Sequence[str] = ("us-east-1",)) -> None:
        """Enables Security Hub in Regions, without standards. Nothing changes where it is enabled already."""
        self._emulator._enable(self.id, regions)

    def events(self, **query: Any) -> list[dict[str, Any]]:
        """The events that EventBridge of this account has received; see `Emulator.events`."""
        return self._emulator.events(account=self, **query)

    def requests(self, **query: Any) -> list[dict[str, Any]]:
        """The recorded calls of this account; see `Emulator.requests`."""
        return self._emulator.requests(account=self, **query)

    def verify(
        self, operation: str, match: Any = None, min: int | None = None, max: int | None = None, **query: Any
    ) -> int:
        """Verifies calls of this account; see `Emulator.verify`."""
        __tracebackhide__ = True
        return self._emulator.verify(operation, match, min, max, account=self, **query)

    def __str__(self) -> str:
        return self.id

    def __repr__(self) -> str:
        return f"Account({self.id!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and (self.id, self._emulator) == (other.id, other._emulator)

    def __hash__(self) -> int:
        return hash(self.id)
