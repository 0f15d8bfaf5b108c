"""A local emulator of AWS Security Hub, started and controlled from Python.

>>> from securityhub_local import start
>>> with start("builtin:quickstart") as hub:
...     hub.client().describe_hub()["HubArn"]
'arn:aws:securityhub:us-east-1:111111111111:hub/default'

The pytest plugin of this package provides the fixtures ``securityhub``, ``securityhub_account``,
``securityhub_server`` and ``make_securityhub``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._accounts import Account
    from ._binary import BinaryNotFound, find_binary
    from ._control import ControlError, EmulatorNotFound
    from ._emulator import Emulator, connect, start
    from ._process import StartError

__all__ = [
    "Account",
    "BinaryNotFound",
    "ControlError",
    "Emulator",
    "EmulatorNotFound",
    "StartError",
    "connect",
    "find_binary",
    "start",
]

_MODULES = {
    "Account": "_accounts",
    "BinaryNotFound": "_binary",
    "ControlError": "_control",
    "Emulator": "_emulator",
    "EmulatorNotFound": "_control",
    "StartError": "_process",
    "connect": "_emulator",
    "find_binary": "_binary",
    "start": "_emulator",
}


# pytest imports the package in every run, because of its plugin. So modules are imported on first use.
def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
