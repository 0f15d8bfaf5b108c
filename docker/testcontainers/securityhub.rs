//! An emulator of AWS Security Hub in a container, with the crate testcontainers 0.28.

use std::path::PathBuf;

use testcontainers::core::{IntoContainerPort, WaitFor};
use testcontainers::runners::AsyncRunner;
use testcontainers::{ContainerAsync, GenericImage, ImageExt, TestcontainersError};

const IMAGE: (&str, &str) = ("securityhub-local", "0.1.0");
const PORT: u16 = 4600;

/// A running emulator. It stops when this is dropped.
pub struct SecurityHub(ContainerAsync<GenericImage>);

impl SecurityHub {
    /// Serves a scenario file or, without one, the quickstart of the image.
    pub async fn start(scenario: Option<PathBuf>) -> Result<SecurityHub, TestcontainersError> {
        // The health check of the image calls `GET /_emulator/health`.
        let image = GenericImage::new(IMAGE.0, IMAGE.1)
            .with_exposed_port(PORT.tcp())
            .with_wait_for(WaitFor::healthcheck());
        let container = match scenario {
            None => image.start().await?,
            Some(file) => {
                let image = image.with_copy_to("/scenario.yaml", file);
                image.with_cmd(["serve", "--scenario", "/scenario.yaml"]).start().await?
            }
        };
        Ok(SecurityHub(container))
    }

    /// The endpoint for AWS clients. The access key ID is the ID of the account.
    pub async fn endpoint(&self) -> Result<String, TestcontainersError> {
        let port = self.0.get_host_port_ipv4(PORT).await?;
        Ok(format!("http://{}:{port}", self.0.get_host().await?))
    }
}
