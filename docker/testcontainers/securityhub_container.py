"""An emulator of AWS Security Hub in a container, with testcontainers 4.15.0 of PyPI."""

from __future__ import annotations

from pathlib import Path

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

IMAGE = "securityhub-local:0.1.0"
PORT = 4600


class SecurityHubContainer(DockerContainer):
    """Serves a scenario file or, without one, the quickstart of the image."""

    def __init__(self, scenario: str | Path | None = None, image: str = IMAGE) -> None:
        super().__init__(image)
        self.with_exposed_ports(PORT)
        self.waiting_for(HttpWaitStrategy(PORT, "/_emulator/health"))
        if scenario is not None:
            self.with_copy_into_container(Path(scenario), "/scenario.yaml")
            self.with_command(["serve", "--scenario", "/scenario.yaml"])

    def endpoint(self) -> str:
        """The endpoint for AWS clients. The access key ID is the ID of the account."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"
