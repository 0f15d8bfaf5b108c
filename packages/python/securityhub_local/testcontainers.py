"""A container for testcontainers-python: ``pip install "securityhub-local[testcontainers]"``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

from ._check import expect
from ._emulator import Emulator, connect

PORT = 4600
_SCENARIO = "/scenario.yaml"


def _image() -> str:
    try:
        return f"securityhub-local:{version('securityhub-local')}"
    except PackageNotFoundError:
        return "securityhub-local"


class SecurityHubContainer(DockerContainer):
    """An emulator in a container. In a ``with`` statement, it is ready at the start and removed at the end.

    Args:
        scenario: a path, ``builtin:NAME`` or a dict; the quickstart by default.
        image: the image; the one with the version of this package by default.
    """

    def __init__(
        self, scenario: str | os.PathLike[str] | Mapping[str, Any] | None = None, image: str | None = None
    ) -> None:
        if scenario is not None:
            expect("scenario", scenario, (str, os.PathLike, Mapping), "a path, 'builtin:NAME' or a dict")
        super().__init__(image or _image())
        self.with_exposed_ports(PORT)
        self.waiting_for(HttpWaitStrategy(PORT, "/_emulator/health").for_status_code(200))
        if isinstance(scenario, str) and scenario.startswith("builtin:"):
            self.with_command(["serve", "--scenario", scenario])
        elif scenario is not None:
            text = json.dumps(scenario) if isinstance(scenario, Mapping) else Path(scenario).read_text("utf-8")
            self.with_copy_into_container(text.encode(), _SCENARIO)
            self.with_command(["serve", "--scenario", _SCENARIO])

    def endpoint(self) -> str:
        """The URL for AWS clients of this machine."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def emulator(self) -> Emulator:
        """The emulator, to control it."""
        return connect(self.endpoint())
