"""The use of an emulator by a test."""

from __future__ import annotations

import itertools
import os
import re
import sys
import uuid
from contextlib import ExitStack
from types import TracebackType

import pytest

from .._emulator import Emulator
from .environment import forget_default_session, prepare

# botocore warns of longer application IDs.
_MAX_TAG = 50
_RUN = uuid.uuid4().hex[:8]
_numbers = itertools.count(1)


class Use:
    """Makes an account of an emulator the caller of a test, and tags the calls of the test.

    In a ``with`` statement; nothing of it is left after the statement.
    """

    def __init__(
        self, item: pytest.Item, emulator: Emulator, account: str, default: str, region: str, *, is_alone: bool
    ) -> None:
        self.emulator = emulator
        #: The account as which AWS clients of this process call.
        self.account = account
        #: The account as which clients of the emulator object call.
        self.default = default
        self.region = region
        #: Whether the emulator was reset for the test, so that all recorded calls are its own.
        self.is_alone = is_alone and emulator.pid is not None
        self.tag = _tag(item)
        self._stack = ExitStack()

    def __enter__(self) -> Use:
        with ExitStack() as stack:
            stack.enter_context(self.emulator._as(self.default, self.region, self.tag))
            if "boto3" not in sys.modules:
                stack.callback(forget_default_session)
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            prepare(patch, self.emulator.env(self.account))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stack.close()


def _tag(item: pytest.Item) -> str:
    """A tag that no other test has, in this run and in others: `1f0e22ac.gw0.12.test_name`."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", item.name)
    return f"{_RUN}.{worker}.{next(_numbers)}.{name}"[:_MAX_TAG]
