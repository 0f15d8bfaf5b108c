//! A connection to a program that may be killed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// A connection that stays open until the program is killed.
pub(super) struct Connection(TcpStream);

impl Connection {
    /// Connects to the program; `None` if the program was killed.
    pub(super) fn open(address: SocketAddr) -> Option<Connection> {
        let stream = TcpStream::connect(address).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(Duration::from_mins(1))).ok()?;
        Some(Connection(stream))
    }

    /// Calls an operation as an account in a Region; `None` if the program was killed before the whole response.
    pub(super) fn call(&mut self, account: &str, region: &str, method_and_path: &str, body: &Value) -> Option<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = format!(
            "{method_and_path} HTTP/1.1\r\nhost: x\r\nauthorization: AWS4-HMAC-SHA256 \
             Credential={account}/20260115/{region}/securityhub/aws4_request, SignedHeaders=host, \
             Signature=00\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).ok()?;
        let (head, body) = self.response()?;
        assert!(head.starts_with("HTTP/1.1 200"), "{method_and_path}: {head}\n{body}");
        Some(serde_json::from_str(&body).expect("a response is JSON"))
    }

    fn response(&mut self) -> Option<(String, String)> {
        let (mut read, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
        loop {
            let count = self.0.read(&mut buffer).ok().filter(|count| *count > 0)?;
            read.extend_from_slice(&buffer[..count]);
            let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&read[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.and_then(|length| length.parse().ok()).expect("a response has a length");
            if read.len() >= end + 4 + length {
                return Some((head, String::from_utf8_lossy(&read[end + 4..end + 4 + length]).into_owned()));
            }
        }
    }

    /// The number of the last event; `None` if the program was killed.
    pub(super) fn last_event(&mut self) -> Option<u64> {
        // The cursor after all events is the number of the last one.
        let page =
            self.call("111111111111", "us-east-1", "GET /_emulator/events?after=18446744073709551615", &Value::Null);
        page.and_then(|page| page["Last"].as_u64())
    }
}
