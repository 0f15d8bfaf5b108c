"""Runs the content of the image as a container engine would, by namespaces of Linux: the first process of its own process
namespace, a network of its own, a read-only root and an unprivileged user. Needs root."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import time

from test_files import exec_form, instructions

# What the engine does before it starts the program. `exec` keeps the process, so the program is the first one.
ENTER = """
ip link set lo up
mount --bind "$0" "$0"
mount -o remount,bind,ro "$0"
exec setpriv --no-new-privs chroot --userspec="$USER" "$0" "$@"
"""


def is_allowed():
    """Whether this machine lets this user make namespaces and mounts in them; some containers do not."""
    test = ["unshare", "--net", "--pid", "--mount", "--fork", "sh", "-ec", "ip link set lo up; mount --bind / /mnt"]
    return subprocess.run(test, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


class Container:
    """A running container of a folder, as the instructions of the Dockerfile say."""

    def __init__(self, folder, command=None):
        self.folder = folder
        self.config = instructions()
        self.variables = dict(pair.split("=", 1) for pair in self.config["ENV"])
        command = exec_form(self.config["ENTRYPOINT"][0]) + (command or exec_form(self.config["CMD"][0]))
        self.log = open(folder.parent / "log", "w+")
        self.shell = subprocess.Popen(
            ["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "sh", "-euc", ENTER, folder, *command],
            env=self.variables | {"PATH": os.environ["PATH"], "USER": self.config["USER"][0]},
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )

    def process(self):
        """The process of the program, as this namespace numbers it."""
        children = pathlib.Path(f"/proc/{self.shell.pid}/task/{self.shell.pid}/children")
        end = time.monotonic() + 10
        while time.monotonic() < end:
            found = children.read_text().split()
            if found and os.readlink(f"/proc/{found[0]}/root") == str(self.folder):
                return int(found[0])
            time.sleep(0.01)
        raise AssertionError(f"the program did not start: {self.output()}")

    def output(self):
        self.log.flush()
        return pathlib.Path(self.log.name).read_text()

    def run(self, *command, **keys):
        """Runs a command inside the container, as `docker exec` does."""
        inside = ["nsenter", "--target", str(self.process()), "--net", "--pid", "--"]
        chroot = [shutil.which("chroot"), f"--userspec={self.config['USER'][0]}", self.folder, *command]
        return subprocess.run(inside + chroot, env=self.variables, capture_output=True, text=True, timeout=60, **keys)

    def beside(self, script):
        """Starts a Python script in the network of the container, but with the files of this machine."""
        inside = ["nsenter", "--target", str(self.process()), "--net", "--", "python3", "-uc", script]
        return subprocess.Popen(inside, stdout=subprocess.PIPE, text=True)

    def stop(self):
        """Sends the stop signal, and returns the exit code and the seconds until the program has ended."""
        begin = time.monotonic()
        os.kill(self.process(), getattr(signal, self.config["STOPSIGNAL"][0]))
        code = self.shell.wait(timeout=10)
        return code, time.monotonic() - begin

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            self.shell.kill()
        self.shell.wait()
        self.log.close()
