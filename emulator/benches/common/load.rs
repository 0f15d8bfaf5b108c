//! A lightweight client: connections on one thread, each sending its next request when the previous response is
//! complete.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::http;

/// The requests of a connection.
pub(crate) trait Requests: Send {
    /// The next request; `None` ends the connection.
    fn next(&mut self) -> Option<&[u8]>;
}

/// The same bytes for every request.
pub(crate) struct Same(pub(crate) Vec<u8>);

impl Requests for Same {
    fn next(&mut self) -> Option<&[u8]> {
        Some(&self.0)
    }
}

/// The times of successful responses.
pub(crate) struct Answers {
    pub(crate) start: Instant,
    /// The time at which each response was complete, in order.
    pub(crate) times: Vec<Instant>,
    end: Instant,
}

impl Answers {
    /// Responses per second.
    #[allow(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn rate(&self) -> f64 {
        self.times.len() as f64 / (self.end - self.start).as_secs_f64()
    }
}

/// Loads the server with one connection per item of `requests`, until they have no more requests or until `end`.
pub(crate) fn run(server: SocketAddr, requests: Vec<Box<dyn Requests>>, end: Option<Instant>) -> Answers {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let connections: Vec<_> =
            requests.into_iter().map(|requests| tokio::spawn(connection(server, requests, end))).collect();
        let mut times = Vec::new();
        for connection in connections {
            times.append(&mut connection.await.expect("a connection does not panic"));
        }
        let end = Instant::now();
        times.sort_unstable();
        Answers { start, times, end }
    })
}

async fn connection(server: SocketAddr, mut requests: Box<dyn Requests>, end: Option<Instant>) -> Vec<Instant> {
    let mut stream = TcpStream::connect(server).await.expect("the server listens");
    stream.set_nodelay(true).expect("a connected socket");
    let mut buffer = vec![0; 1024 * 1024];
    let mut times = Vec::new();
    while end.is_none_or(|end| Instant::now() < end) {
        let Some(request) = requests.next() else { break };
        stream.write_all(request).await.expect("the server reads");
        let mut filled = 0;
        while http::length(&buffer[..filled]).is_none_or(|length| length > filled) {
            let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
        times.push(Instant::now());
    }
    times
}
