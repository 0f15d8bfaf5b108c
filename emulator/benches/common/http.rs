//! Requests and responses as bytes on the wire.

/// The calling account, if a bench needs only one.
pub(crate) const ACCOUNT: &str = "111111111111";

/// The Region, if a bench needs only one.
const REGION: &str = "us-east-1";

/// A request of an account, with a realistic signature.
pub(crate) fn request(method_and_path: &str, account: &str, body: &[u8]) -> Vec<u8> {
    request_in(REGION, method_and_path, account, body)
}

/// The same, in a Region.
pub(crate) fn request_in(region: &str, method_and_path: &str, account: &str, body: &[u8]) -> Vec<u8> {
    let mut request = head_in(region, method_and_path, account, body.len());
    request.extend_from_slice(body);
    request
}

/// The head of a request whose body is `length` bytes long.
pub(crate) fn head(method_and_path: &str, account: &str, length: usize) -> Vec<u8> {
    head_in(REGION, method_and_path, account, length)
}

fn head_in(region: &str, method_and_path: &str, account: &str, length: usize) -> Vec<u8> {
    format!(
        "{method_and_path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: AWS4-HMAC-SHA256 \
         Credential={account}/20260115/{region}/securityhub/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\nx-amz-date: \
         20260115T090000Z\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    )
    .into_bytes()
}

/// The total length of a response, once its head is complete.
pub(crate) fn length(answer: &[u8]) -> Option<usize> {
    let head = head_length(answer)?;
    let text = std::str::from_utf8(&answer[..head]).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "))?;
    Some(head + length.parse::<usize>().ok()?)
}

/// The body of a complete response.
pub(crate) fn body(answer: &[u8]) -> &[u8] {
    &answer[head_length(answer).unwrap_or_default()..]
}

fn head_length(answer: &[u8]) -> Option<usize> {
    Some(answer.windows(4).position(|window| window == b"\r\n\r\n")? + 4)
}
