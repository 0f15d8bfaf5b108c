//! A connection that sends one request at a time.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::http;

/// A connection that stays open.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(server: SocketAddr) -> Connection {
        let stream = TcpStream::connect(server).expect("the server listens");
        stream.set_nodelay(true).expect("a connected socket");
        Connection { stream, buffer: vec![0; 512 * 1024] }
    }

    /// Sends a request and returns the whole response.
    pub(crate) fn send(&mut self, request: &[u8]) -> &[u8] {
        self.stream.write_all(request).expect("the server reads");
        let mut filled = 0;
        while http::length(&self.buffer[..filled]).is_none_or(|length| length > filled) {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).expect("the server answers");
            assert!(read > 0, "the server closed the connection");
            filled += read;
        }
        &self.buffer[..filled]
    }

    /// Sends a request that must succeed and returns the body of the response.
    pub(crate) fn send_ok(&mut self, request: &[u8]) -> &[u8] {
        let answer = self.send(request);
        assert!(answer.starts_with(b"HTTP/1.1 20"), "{}", String::from_utf8_lossy(answer));
        http::body(answer)
    }
}

/// Sends a request that must succeed on a new connection and returns the body of the response.
pub(crate) fn once(server: SocketAddr, request: &[u8]) -> Vec<u8> {
    Connection::open(server).send_ok(request).to_vec()
}
