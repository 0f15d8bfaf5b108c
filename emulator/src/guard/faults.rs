//! Faults of an emulator.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Emulator;
use super::control_plane::{self, segment};
use crate::control;
use crate::service::Service;
use crate::state::Fault;

const PATH: &str = "/_emulator/faults";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Faults {
    faults: Vec<Fault>,
}

/// A fault that is removed when this value is dropped.
#[must_use = "the fault is removed when this value is dropped; keep it in a variable while calls should fail"]
pub struct FaultGuard {
    service: Service,
    id: String,
}

impl FaultGuard {
    /// The ID of the fault. Responses of failed calls have it in the header `x-emulator-fault`.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        // A reset may have removed it already.
        let path = format!("{PATH}?id={}", segment(&self.id));
        _ = control_plane::call_now::<Value>(&self.service, Method::DELETE, &path, &json!({}));
    }
}

impl Emulator {
    /// Replaces all faults. Counters start at 0.
    ///
    /// # Errors
    /// 400 with the position of the error; 409 if two faults have the same ID. No fault is changed.
    pub fn set_faults(&self, faults: Vec<Fault>) -> Result<(), control::Error> {
        self.control_now::<Value>(Method::PUT, PATH, &Faults { faults }).map(|_| ())
    }

    /// Adds a fault until the returned value is dropped.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// use securityhub_local::{Emulator, Fault, FaultError};
    ///
    /// let emulator = Emulator::start().await?;
    /// let error = FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() };
    /// let throttled = emulator.fault(Fault { error: Some(error), times: Some(2), ..Fault::default() })?;
    /// // the next two calls get 429
    /// drop(throttled);
    /// assert_eq!(emulator.faults(), []);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    /// 400 with the position of the error; 409 if a fault with this ID exists.
    pub fn fault(&self, fault: Fault) -> Result<FaultGuard, control::Error> {
        let added: Faults = self.control_now(Method::POST, PATH, &fault)?;
        let id = added.faults.into_iter().next().and_then(|fault| fault.id).unwrap_or_default();
        Ok(FaultGuard { service: self.service.clone(), id })
    }
}
