"""Runs the program: ``python -m securityhub_local ARGS`` is ``securityhub-local ARGS``."""

from __future__ import annotations

import os
import subprocess
import sys

from ._binary import BinaryNotFound, find_binary


def main() -> int:
    """Runs the program with the arguments of this process, and returns its exit code."""
    try:
        command = [str(find_binary()), *sys.argv[1:]]
    except BinaryNotFound as error:
        print(error, file=sys.stderr)
        return 1
    if os.name != "nt":
        # The program replaces this process, so that signals reach it and its exit code is that of the process.
        os.execv(command[0], command)
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
