"""The recorded calls of a failed test, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._emulator import PAGE
from .use import Use


def journal(use: Use, limit: int) -> str:
    """The last calls of a test, oldest first. It never raises, because the report of a failure is more important."""
    try:
        selected = {} if use.is_alone else {"test": use.tag}
        calls = use.emulator.requests(newest=True, limit=min(limit, PAGE), **selected)
        lines = [line for call in reversed(calls) for line in _lines(use, call)]
    except Exception as error:  # noqa: BLE001
        return f"the calls of this test cannot be read from {use.emulator.endpoint}: {error}"
    return "\n".join(lines or [f"no calls of {use.account} in {use.region} have reached {use.emulator.endpoint}"])


def _lines(use: Use, call: Mapping[str, Any]) -> Iterator[str]:
    """A call in one line, and why it found nothing."""
    time = call["Time"].replace("T", " ").rstrip("Z")
    operation = call["Operation"] or f"{call['Method']} {call['Path']}"
    result = str(call["Status"] or "no response")
    if call["ErrorCode"]:
        message = (call["ErrorMessage"] or "").partition("\n")[0]
        result += f" {call['ErrorCode']}: {message}"
    if call["Fault"]:
        result += f" (fault {call['Fault']})"
    if call["Explain"]:
        result += " no findings"
    yield f"{time}  {call['Account'] or '-'}  {call['Region'] or '-'}  {operation}  {result}"
    if call["Explain"]:
        for line in _explanation(use.emulator.call("GET", call["Explain"])):
            yield f"    {line}"


def _explanation(answer: Mapping[str, Any]) -> Iterator[str]:
    """The findings that fail the fewest filters, or why there are none."""
    if not answer["Findings"]:
        yield answer["Summary"]
    for finding in answer["Findings"]:
        yield f"{finding['Id']}: {finding['Summary']}"
