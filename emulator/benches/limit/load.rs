//! A client that costs little: eight connections on one thread, each sending its next request when the answer
//! to the last one is whole.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bodies::Imports;

const CONNECTIONS: usize = 8;

/// What a connection sends.
pub(crate) enum Request {
    /// The same bytes each time.
    Same(Vec<u8>),
    /// Imports with new ids each time.
    Import(Box<Imports>),
}

impl Request {
    fn next(&mut self) -> &[u8] {
        match self {
            Request::Same(bytes) => bytes,
            Request::Import(imports) => imports.next(),
        }
    }

    pub(crate) fn copy(&self) -> Request {
        match self {
            Request::Same(bytes) => Request::Same(bytes.clone()),
            Request::Import(imports) => Request::Import(imports.clone()),
        }
    }
}

/// Requests a second that the server answers with 200, over `time`.
pub(crate) fn run(server: SocketAddr, request: &impl Fn() -> Request, time: Duration) -> f64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let start = Instant::now();
        let connections: Vec<_> =
            (0..CONNECTIONS).map(|_| tokio::spawn(connection(server, request(), start + time))).collect();
        let mut answers = 0;
        for connection in connections {
            answers += connection.await.expect("a connection does not panic");
        }
        f64::from(answers) / start.elapsed().as_secs_f64()
    })
}

async fn connection(server: SocketAddr, mut request: Request, end: Instant) -> u32 {
    let mut stream = TcpStream::connect(server).await.expect("the server listens");
    stream.set_nodelay(true).expect("a connected socket");
    let mut buffer = vec![0; 512 * 1024];
    let mut answers = 0;
    while Instant::now() < end {
        stream.write_all(request.next()).await.expect("the server reads");
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..]).await.expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            filled += read;
            if length(&buffer[..filled]).is_some_and(|length| length <= filled) {
                break;
            }
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
        answers += 1;
    }
    answers
}

/// The length of an answer with its head, once the head is whole.
fn length(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    Some(head + length.parse::<usize>().ok()?)
}

/// One request on a connection of its own, and the whole answer.
pub(crate) fn once(server: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = std::net::TcpStream::connect(server).expect("the server listens");
    stream.write_all(request).expect("the server reads");
    let (mut answer, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    while length(&answer).is_none_or(|length| length > answer.len()) {
        let read = stream.read(&mut buffer).expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        answer.extend_from_slice(&buffer[..read]);
    }
    answer
}

/// The body of an answer.
pub(crate) fn body(answer: &[u8]) -> Vec<u8> {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
    answer[head..].to_vec()
}
