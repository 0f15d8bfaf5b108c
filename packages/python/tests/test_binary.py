"""The program is found, and started by `python -m`."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Callable

import pytest

from securityhub_local import BinaryNotFound, find_binary
from securityhub_local._binary import NAME, VARIABLE


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A file in place of the program."""
    path = tmp_path / "program" / NAME
    path.parent.mkdir()
    path.touch(0o755)
    return path


# Rules: DST-21.
def test_an_argument_and_the_variable_name_the_program(program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(program))
    assert find_binary() == program
    other = program.with_name("other")
    other.touch()
    assert find_binary(other) == other


# Rules: DST-21.
def test_a_named_program_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BinaryNotFound, match=r"the argument `binary` names .*nowhere.*, which is not a file"):
        find_binary(tmp_path / "nowhere")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(BinaryNotFound, match=f"the variable {VARIABLE} names "):
        find_binary()


# Rules: DST-21.
def test_the_folders_of_pip_come_before_the_path(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    environment, user = tmp_path / "environment", tmp_path / "user"
    get_path = sysconfig.get_path

    def scripts(name: str, scheme: str | None = None) -> str:
        assert name == "scripts"
        return str(environment if scheme is None else user)

    monkeypatch.setattr(sysconfig, "get_path", scripts)
    monkeypatch.setenv("PATH", str(program.parent))
    assert find_binary() == program, "the last place is PATH"
    for folder in (user, environment):
        folder.mkdir()
        (folder / NAME).touch()
        assert find_binary() == folder / NAME
    monkeypatch.setattr(sysconfig, "get_path", get_path)


# Rules: DST-21.
def test_an_error_names_the_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: str(tmp_path / "scripts"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BinaryNotFound, match=f"pip install securityhub-local`, or set {VARIABLE}") as caught:
        find_binary()
    assert str(tmp_path / "scripts" / NAME) in caught.value.places
    assert caught.value.places[-1] == "PATH"


# Rules: DST-21.
def test_python_m_is_the_program() -> None:
    command = [sys.executable, "-m", "securityhub_local"]
    direct = subprocess.run([find_binary(), "version"], capture_output=True, text=True, check=True)
    through = subprocess.run([*command, "version"], capture_output=True, text=True, check=True)
    assert through.stdout == direct.stdout
    assert through.stdout.startswith("securityhub-local ")
    assert subprocess.run([*command, "serve", "--nonsense"], capture_output=True, check=False).returncode == 2


# Rules: DST-21.
@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_signals_reach_the_program(tmp_path: Path) -> None:
    port = tmp_path / "port"
    command = [sys.executable, "-m", "securityhub_local", "serve", "--port", "0", "--port-file", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"Security Hub is ready" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


# Rules: DST-21.
def test_a_missing_program_is_an_error_of_python_m(tmp_path: Path) -> None:
    variables = {**os.environ, VARIABLE: str(tmp_path / "nowhere")}
    run = subprocess.run(
        [sys.executable, "-m", "securityhub_local"], capture_output=True, text=True, check=False, env=variables
    )
    assert run.returncode == 1
    assert f"the variable {VARIABLE} names" in run.stderr
    assert "Traceback" not in run.stderr


# Rules: DST-21.
def test_threads_may_be_the_first_to_search_for_it(program: Path, python: Callable[..., list[str]]) -> None:
    # A new interpreter, because only the first search of a process initializes `sysconfig`.
    text = """
import sys
import threading

errors = []
barrier = threading.Barrier(8)

def search():
    barrier.wait()
    try:
        from securityhub_local import find_binary
        find_binary()
    except Exception as error:
        errors.append(repr(error))

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=search) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit("\\n".join(errors) or 0)
"""
    command = python(text)
    variables = {name: value for name, value in os.environ.items() if name != VARIABLE}
    variables["PATH"] = os.pathsep.join([str(program.parent), variables["PATH"]])
    for _ in range(5):
        run = subprocess.run(command, capture_output=True, text=True, check=False, env=variables)
        assert run.returncode == 0, run.stderr


# Rules: DST-21.
def test_the_error_can_be_pickled(tmp_path: Path) -> None:
    with pytest.raises(BinaryNotFound) as caught:
        find_binary(tmp_path / "nowhere")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.places) == (BinaryNotFound, str(caught.value), caught.value.places)
