"""The process of the program."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

# Time for the program to end after its standard input was closed, in seconds.
_STOP_SECONDS = 1.0
# The system closes the connections of a program shortly before it reports that the program has ended, in seconds.
_END_SECONDS = 0.2
# Time between looks at the port file, in seconds.
_POLL_SECONDS = 0.001


class StartError(RuntimeError):
    """The program did not start.

    ``text`` is what it printed: all errors of a scenario with their positions. ``exit_code`` is None if it was stopped
    because it was not ready in time.
    """

    def __init__(self, message: str, text: str, exit_code: int | None = None) -> None:
        super().__init__(f"{message}\n{text}".rstrip())
        self.message = message
        self.text = text
        self.exit_code = exit_code

    # By default, an exception is unpickled with its message as the only argument.
    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.message, self.text, self.exit_code)


class Process:
    """A running program. It ends with this process, even if this process is killed, and a fork does not stop it."""

    def __init__(self, program: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.pid = program.pid
        self._program = program
        self._log = log
        self._owner = os.getpid()
        self._lock = threading.Lock()
        _running.add(self)
        atexit.register(self.stop)

    def exit_code(self) -> int | None:
        """The exit code of the program; None while it runs, and in a child process of a fork."""
        return self._program.poll() if self._owner == os.getpid() else None

    def ending(self) -> str | None:
        """How the program has ended; None while it runs, and in a child process of a fork."""
        if self._owner != os.getpid():
            return None
        if self._log.closed:
            return "it was stopped"
        try:
            code = self._program.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return None
        return f"it has ended with exit code {code}\n{self.log()}".rstrip()

    def log(self) -> str:
        """What the program has written to standard error."""
        if self._log.closed:
            return ""
        self._log.seek(0)
        return self._log.read().decode("utf-8", "replace").strip()

    def close_input(self) -> None:
        """Closes the standard input of the program, which ends when all processes have closed it."""
        assert self._program.stdin is not None
        self._program.stdin.close()

    def stop(self) -> None:
        """Stops the program. It is killed if it does not end within a second."""
        if self._owner != os.getpid():
            return
        with self._lock:
            if self._log.closed:
                return
            atexit.unregister(self.stop)
            _running.discard(self)
            self.close_input()
            try:
                self._program.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._program.kill()
                self._program.wait()
            self._log.close()


# The processes that are not stopped.
_running: set[Process] = set()


def _close_inputs() -> None:
    for process in _running:
        process.close_input()
    _running.clear()


# A child process of a fork inherits the standard inputs. It closes them, or the programs would run until it ends.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inputs)


def launch(binary: Path, arguments: Sequence[str], folder: Path, timeout: float) -> tuple[Process, int]:
    """Starts ``securityhub-local serve``, waits until it is ready, and returns its port. The folder is empty.

    Raises:
        StartError: if it ends before it is ready, or is not ready after ``timeout`` seconds.
    """
    port_file = folder / "port"
    process = _spawn([str(binary), "serve", "--stop-with-stdin", "--port-file", str(port_file), *arguments])
    try:
        return process, _wait(process, port_file, timeout)
    except BaseException:
        process.stop()
        raise


def _spawn(command: Sequence[str]) -> Process:
    # Settings of `serve` can also be variables, which would apply to every emulator of this process.
    variables = {name: value for name, value in os.environ.items() if not name.startswith("SECURITYHUB_LOCAL_")}
    # A file, so that the program never waits for a reader. It has no name, so nothing is left after a kill.
    log = tempfile.TemporaryFile(prefix="securityhub-local-")  # noqa: SIM115 (closed by `Process.stop`)
    # Ctrl-C only reaches this process, which stops the program after it has used it for the last time.
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    try:
        program = subprocess.Popen(
            command,
            # Closing a buffered file after a fork could wait for a lock that a thread of the parent process has held.
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=variables,
            **group,
        )
    except BaseException:
        log.close()
        raise
    return Process(program, log)


def _wait(process: Process, port_file: Path, timeout: float) -> int:
    """Waits until the program has written its port."""
    end = time.monotonic() + timeout
    # The program renames the complete file to this name.
    while not port_file.exists():
        code = process.exit_code()
        if code is not None:
            text = process.log()
            reason = "" if text else f" it ended with exit code {code} and printed no error"
            raise StartError(f"securityhub-local did not start:{reason}", text, code)
        if time.monotonic() > end:
            raise StartError(f"securityhub-local was not ready after {timeout:g} seconds", process.log())
        time.sleep(_POLL_SECONDS)
    return int(port_file.read_text("ascii"))
