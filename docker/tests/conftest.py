"""Paths and the program, for all tests of this folder."""

import os
import pathlib
import tomllib

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def version():
    """The version of the workspace."""
    return tomllib.loads((REPOSITORY / "Cargo.toml").read_text())["workspace"]["package"]["version"]


@pytest.fixture(scope="session")
def program():
    """The program, as `docker/check` found or built it."""
    return pathlib.Path(os.environ["SECURITYHUB_LOCAL_BINARY"])


@pytest.fixture
def variables():
    """The variables of this process without settings of AWS, of the program and of CI."""
    ours = ("AWS_", "SECURITYHUB_", "GITHUB_", "RUNNER_", "PYTHON", "PIP_", "npm_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
