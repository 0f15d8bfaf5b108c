//! The task that delivers events to sinks, from the start of a server to its end.

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Service;

/// The running task. It stops when this value is dropped.
#[derive(Debug)]
pub struct Deliveries {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Service {
    /// Starts the task that delivers events to sinks, in the current runtime.
    pub fn start_deliveries(&self) -> Deliveries {
        let (stop, stopped) = oneshot::channel();
        let service = self.clone();
        let task = tokio::spawn(async move { service.0.served.sinks().deliver(async { _ = stopped.await }).await });
        Deliveries { stop, task }
    }
}

impl Deliveries {
    /// Waits until the events of the last calls are delivered, but at most two seconds (CPL-86), and stops the task.
    pub async fn finish(self) {
        drop(self.stop);
        _ = self.task.await;
    }
}
