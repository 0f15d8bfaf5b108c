//! A service that listens: its server, and the tasks that run beside it.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::Service;
use crate::wire::server::{self, Options};

impl Service {
    /// Serves connections until `stop` completes and all requests in progress are answered; waiting calls and streams end
    /// with `stop`. Meanwhile, tasks deliver
    /// events to sinks and do work that becomes due without a call. At the end it waits up to two seconds for the
    /// delivery of the last events (CPL-86). Requests that are refused are counted in the metrics of the service.
    pub async fn listen(&self, listeners: Vec<TcpListener>, options: Options, stop: impl Future<Output = ()>) {
        let (end_deliveries, ended) = oneshot::channel::<()>();
        let mut tasks = JoinSet::new();
        let (delivering, timing) = (self.clone(), self.clone());
        let delivery = tasks.spawn(async move { delivering.0.served.sinks().deliver(async { _ = ended.await }).await });
        tasks.spawn(async move { timing.do_due_work().await });
        let service = self.clone();
        let handle = move |request, source| {
            let service = service.clone();
            async move { service.serve(request, source).await }
        };
        let options = Options { metrics: Arc::clone(self.metrics()), ..options };
        let stop = async {
            stop.await;
            self.stop();
        };
        server::serve(listeners, handle, options, stop).await;
        drop(end_deliveries);
        while !delivery.is_finished() && tasks.join_next().await.is_some() {}
    }
}
