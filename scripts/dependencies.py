"""The crates in the program for a target, from `cargo tree` and `cargo metadata`. Used by the scripts beside it."""

import functools
import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGE = "securityhub-local"


def version():
    """The version of the workspace."""
    return tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]


def host():
    lines = subprocess.run(["rustc", "-vV"], check=True, capture_output=True, text=True).stdout.splitlines()
    return next(line.removeprefix("host: ") for line in lines if line.startswith("host: "))


def cargo(*arguments):
    done = subprocess.run(["cargo", *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        # Cargo has printed the reason. It does not download anything here, so crates of other platforms may be missing.
        sys.exit(f"cargo {arguments[0]} failed; if crates are missing, run `cargo fetch --locked`")
    return done.stdout


@functools.cache
def packages():
    """All packages of the lock file by name and version, as cargo describes them."""
    listed = json.loads(cargo("metadata", "--locked", "--offline", "--format-version", "1"))["packages"]
    return {(package["name"], package["version"]): package for package in listed}


def tree(target):
    """The packages of the program and of its build scripts, each with those that it uses. The first one is the program."""
    text = cargo(
        "tree", "--locked", "--offline", "--package", PACKAGE, "--edges", "normal,build", "--target", target,
        "--prefix", "depth", "--format", " {p}",
    )
    uses, path = {}, []
    for line in text.splitlines():
        found = re.match(r"(\d+) (\S+) v(\S+)", line)
        if not found:  # the heading of the build dependencies
            continue
        depth, key = found[1], (found[2], found[3])
        del path[int(depth):]
        uses.setdefault(key, set())
        if path:
            uses[path[-1]].add(key)
        path.append(key)
    return uses


def license_of(package):
    """The licence as an SPDX expression. Some packages still separate alternatives with a slash."""
    return (package["license"] or "").replace("/", " OR ")
