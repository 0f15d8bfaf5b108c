"""The container for testcontainers-python is configured. Its engine is replaced, because there is none here."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

pytest.importorskip("testcontainers")

from testcontainers.core import container

from securityhub_local import Emulator
from securityhub_local.testcontainers import SecurityHubContainer


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The client of the container engine."""
    client = MagicMock()
    monkeypatch.setattr(container, "DockerClient", client)
    return client.return_value


# Rules: DST-55.
def test_the_container_serves_a_scenario(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("hubs: []\n")
    for scenario, command, copied in (
        (None, None, []),
        ("builtin:delegated-admin", ["serve", "--scenario", "builtin:delegated-admin"], []),
        ({"hubs": []}, ["serve", "--scenario", "/scenario.yaml"], [b'{"hubs": []}']),
        (file, ["serve", "--scenario", "/scenario.yaml"], [b"hubs: []\n"]),
    ):
        created = SecurityHubContainer(scenario)
        assert created._command == command
        assert [spec[0] for spec in created._transferable_specs] == copied
        assert created.image.startswith("securityhub-local")
        assert "4600" in str(list(created.ports))
        assert created._wait_strategy is not None
    with pytest.raises(TypeError, match=r"^`scenario` must be a path, 'builtin:NAME' or a dict, not list$"):
        SecurityHubContainer(["builtin:quickstart"])  # type: ignore[arg-type]
    assert SecurityHubContainer(image="registry.example/hub:1").image == "registry.example/hub:1"


# Rules: DST-55.
def test_the_emulator_of_a_container_can_be_controlled(quickstart: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    created = SecurityHubContainer()
    monkeypatch.setattr(created, "get_container_host_ip", lambda: "localhost")
    monkeypatch.setattr(created, "get_exposed_port", {4600: quickstart.port}.__getitem__)
    assert created.endpoint() == f"http://localhost:{quickstart.port}"
    assert created.emulator().pid is None
