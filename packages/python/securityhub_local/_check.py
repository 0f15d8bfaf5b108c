"""Checks of the types of arguments, so that an error names the parameter instead of a function that uses it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any


def expect(parameter: str, value: Any, types: type | tuple[type, ...], expected: str) -> None:
    """Raises a TypeError unless a value has one of the types."""
    if not isinstance(value, types):
        raise TypeError(f"`{parameter}` must be {expected}, not {type(value).__name__}")


def strings(parameter: str, value: Any) -> list[str]:
    """The strings of a list. A string alone is refused, because it would be read as a list of its characters."""
    expected = "a list of strings"
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"`{parameter}` must be {expected}, not {type(value).__name__}")
    for item in value:
        if not isinstance(item, (str, os.PathLike)):
            raise TypeError(f"`{parameter}` must be {expected}, not a list with {type(item).__name__}")
    return [os.fspath(item) for item in value]
