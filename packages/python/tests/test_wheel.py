"""The wheel and the source distribution, as `packages/python/check` has built them."""

from __future__ import annotations

import email
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import venv
import zipfile
from pathlib import Path

import pytest

from securityhub_local import find_binary, start

WHEEL = Path(os.environ.get("SECURITYHUB_LOCAL_WHEEL", "/nowhere"))
SDIST = Path(os.environ.get("SECURITYHUB_LOCAL_SDIST", "/nowhere"))
# The goal is 5 MB. This limit only keeps the wheel from growing unnoticed.
MAX_BYTES = 13_000_000
PROGRAM = "securityhub-local"

pytestmark = pytest.mark.skipif(not WHEEL.exists(), reason="packages/python/check builds the wheel")


def without_settings(**variables: str) -> dict[str, str]:
    """An environment in which nothing names a program or a package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SECURITYHUB_LOCAL"))}
    return {**kept, **variables}


def printed(*command: str | Path, **variables: str) -> str:
    """What a command prints."""
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=without_settings(**variables))
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip()


def pip(*arguments: str | Path, python: str | Path = sys.executable, **variables: str) -> None:
    """Installs from files only."""
    printed(
        sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--quiet",
        "--no-index", "--no-deps", *arguments, PIP_BREAK_SYSTEM_PACKAGES="1", **variables,
    )  # fmt: skip


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """The interpreter of an empty virtual environment."""
    venv.create(tmp_path / "environment", with_pip=False, symlinks=True)
    return tmp_path / "environment" / "bin" / "python"


def version() -> str:
    name, number, *_ = WHEEL.name.split("-")
    assert name == "securityhub_local"
    return f"{PROGRAM} {number}"


# Rules: DST-20.
def test_the_tests_use_the_wheel() -> None:
    import securityhub_local

    assert "site-packages" in securityhub_local.__file__
    assert find_binary().parent == Path(sys.executable).parent
    with start() as hub:
        assert f"{PROGRAM} {hub.version}" == version()


# Rules: DST-20.
def test_the_wheel_is_small() -> None:
    assert WHEEL.stat().st_size <= MAX_BYTES


# Rules: DST-20.
def test_the_wheel_is_complete() -> None:
    tag = WHEEL.name.removesuffix(".whl").split("-", 2)[2]
    assert tag.startswith(("py3-none-manylinux", "py3-none-linux_")), tag
    with zipfile.ZipFile(WHEEL) as archive:
        names = archive.namelist()
        info = next(name for name in names if name.endswith("/METADATA")).rpartition("/")[0]
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        scripts = [name for name in names if ".data/scripts/" in name]
        modes = [archive.getinfo(name).external_attr >> 16 & 0o777 for name in scripts]
    assert "securityhub_local/py.typed" in names
    assert [Path(name).name for name in scripts] == [PROGRAM]
    assert modes == [0o755]
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/THIRD-PARTY-LICENSES.txt"} <= set(names)
    assert not [name for name in names if "tests/" in name or "__pycache__" in name]
    assert "[pytest11]\nsecurityhub_local=securityhub_local.pytest_plugin" in entry_points.replace(" ", "")
    assert metadata["Requires-Python"] == ">=3.9"
    requirements = metadata.get_all("Requires-Dist") or []
    assert not [requirement for requirement in requirements if "extra ==" not in requirement]
    assert {"boto3", "pytest"} <= set(metadata.get_all("Provides-Extra") or [])
    assert metadata.get_all("Project-URL")
    assert "Framework :: Pytest" in (metadata.get_all("Classifier") or [])


# Rules: DST-20.
@pytest.mark.skipif(shutil.which("readelf") is None, reason="readelf of binutils")
def test_the_program_has_no_symbols() -> None:
    assert ".symtab" not in printed("readelf", "--wide", "--sections", find_binary())


# Rules: DST-21.
def test_from_an_empty_environment_to_a_finding(environment: Path) -> None:
    begin = time.monotonic()
    pip(WHEEL, python=environment)
    program = environment.parent / PROGRAM
    with start("builtin:quickstart", binary=program) as hub:
        found = printed(program, "findings", "--url", hub.endpoint, "--json")
    assert json.loads(found)[0]["Title"]
    assert time.monotonic() - begin <= 30
    assert printed(program, "--version") == printed(environment, "-m", "securityhub_local", "--version") == version()


# Rules: DST-21.
def test_an_installation_in_a_folder(environment: Path, tmp_path: Path) -> None:
    pip("--target", tmp_path / "packages", WHEEL)
    command = (environment, "-m", "securityhub_local", "--version")
    assert printed(*command, PYTHONPATH=str(tmp_path / "packages"), PATH="/nowhere") == version()


# Rules: DST-21.
def test_an_installation_of_a_user(tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    pip("--user", WHEEL, python=base, PYTHONUSERBASE=str(tmp_path))
    command = (base, "-m", "securityhub_local", "--version")
    assert printed(*command, PYTHONUSERBASE=str(tmp_path), PATH="/nowhere") == version()
    assert printed(tmp_path / "bin" / PROGRAM, "--version") == version()


# Rules: DST-21.
def test_uvx_runs_it(tmp_path: Path) -> None:
    uv = Path(sys.executable).parent / "uvx"
    command = (uv, "--offline", "--no-config", "--python", sys.executable, "--from", WHEEL, PROGRAM, "--version")
    assert printed(*command, UV_CACHE_DIR=str(tmp_path)) == version()


# Rules: DST-22.
def test_the_source_distribution_is_complete() -> None:
    with tarfile.open(SDIST) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    for part in (
        "PKG-INFO",
        "pyproject.toml",
        "Cargo.lock",
        "emulator/src/main.rs",
        "emulator/engine/src/lib.rs",
        "fixtures/data/model.tsv",
        "scenarios/quickstart.yaml",
        "scenarios/forty-members.csv",
    ):
        assert [name for name in names if name.endswith(part)], f"{part} is not in {SDIST.name}"
    assert [name for name in names if name.endswith("LICENSE")]
    assert not [name for name in names if "node_modules" in name or name.startswith("target/")]
