"""Finds the program that the wheel installs."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._check import expect

VARIABLE = "SECURITYHUB_LOCAL_BINARY"
NAME = "securityhub-local.exe" if os.name == "nt" else "securityhub-local"

# `sysconfig` initializes its variables on first use, and a second thread may see only some of them. Importing this
# module initializes them, and the import lock lets other threads wait until that is done.
sysconfig.get_config_vars()


class BinaryNotFound(FileNotFoundError):
    """The program ``securityhub-local`` was not found. ``places`` lists where it was searched for."""

    def __init__(self, message: str, places: list[str]) -> None:
        super().__init__(message)
        self.message = message
        self.places = places

    # By default, an exception is unpickled with its message as the only argument.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.places)


def find_binary(binary: str | os.PathLike[str] | None = None) -> Path:
    """The path of the program.

    An explicit path, from the argument or the variable ``SECURITYHUB_LOCAL_BINARY``, must exist. Otherwise, the first
    of these is used: the scripts folder of this environment, that of the user's packages, ``bin`` beside the package
    (``pip install --target``), and ``PATH``.

    Raises:
        BinaryNotFound: if there is no such file.
    """
    if binary is not None:
        expect("binary", binary, (str, os.PathLike), "a path")
    for source, given in (("the argument `binary`", binary), (f"the variable {VARIABLE}", os.environ.get(VARIABLE))):
        if given:
            path = Path(given)
            if not path.is_file():
                raise BinaryNotFound(f"{source} names '{path}', which is not a file", [str(path)])
            return path.absolute()
    places = []
    for folder in _folders():
        path = folder / NAME
        if path.is_file():
            return path
        places.append(str(path))
    on_path = shutil.which("securityhub-local")
    if on_path:
        return Path(on_path)
    places.append("PATH")
    searched = "\n".join(f"  {place}" for place in places)
    raise BinaryNotFound(
        f"securityhub-local was not found in any of these places:\n{searched}\n"
        f"Install the wheel with `pip install securityhub-local`, or set {VARIABLE} to the path of the program.",
        places,
    )


def _folders() -> Iterator[Path]:
    """The folders in which pip installs programs, each once."""
    schemes = [None, f"{os.name}_user"]
    if sys.platform == "darwin" and sys.prefix != sys.base_prefix:
        schemes.append("osx_framework_user")
    folders = [sysconfig.get_path("scripts")]
    folders += [sysconfig.get_path("scripts", scheme) for scheme in schemes if scheme in sysconfig.get_scheme_names()]
    beside = Path(__file__).absolute().parent.parent
    yield from dict.fromkeys([*map(Path, folders), beside / "bin"])
