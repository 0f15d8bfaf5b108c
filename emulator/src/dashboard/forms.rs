//! Forms: what they send, the token that shows that they come from a page of this program, and the checks of their
//! origin (DSH-10, DSH-15).

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::Request;
use http::header::{CONTENT_TYPE, ORIGIN};
use sha2::Sha256;
use tokio_rustls::rustls::crypto::ring;

use super::view::{Query, View};
use crate::invariant::Invariant;
use crate::wire::body::TooLarge;
use crate::wire::route::BODY_LIMIT;
use crate::wire::site::{self, Arrival};

/// The name of the field with the token.
pub const TOKEN: &str = "token";
const URLENCODED: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// Random bytes of this process, from which tokens are derived.
pub struct Secret([u8; 32]);

impl Default for Secret {
    fn default() -> Self {
        Secret(random())
    }
}

/// Random bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    ring::default_provider().secure_random.fill(&mut bytes).or_report("the system has random numbers");
    bytes
}

impl Secret {
    /// The token of the forms of an account in a Region.
    pub fn token(&self, view: &View) -> String {
        self.code(view).map(|code| hex::encode(code.finalize().into_bytes())).unwrap_or_default()
    }

    /// Returns whether a token was issued for the account and the Region.
    fn verifies(&self, view: &View, token: &str) -> bool {
        let code = self.code(view).zip(hex::decode(token).ok());
        code.is_some_and(|(code, token)| code.verify_slice(&token).is_ok())
    }

    fn code(&self, View { account, region, .. }: &View) -> Option<Hmac<Sha256>> {
        let code = Hmac::<Sha256>::new_from_slice(&self.0).or_report("a key of an HMAC may have any length");
        code.map(|code| code.chain_update(format!("{account}/{region}")))
    }
}

/// A form as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The fields that are not files.
    pub fields: Query,
    /// The files, by field.
    pub files: Vec<(String, Bytes)>,
}

impl Form {
    /// The first value of a field; empty if it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.fields.first(name).unwrap_or_default()
    }

    /// The content of a file that was chosen, as text; `None` if no file was chosen.
    ///
    /// # Errors
    /// A sentence about a file that is not UTF-8.
    pub fn file(&self, name: &str) -> Result<Option<&str>, String> {
        let chosen = self.files.iter().find(|(known, content)| known == name && !content.is_empty());
        let Some((_, content)) = chosen else { return Ok(None) };
        let has_utf16_mark = [&b"\xff\xfe"[..], b"\xfe\xff"].iter().any(|mark| content.starts_with(mark));
        if has_utf16_mark {
            return Err("The file is UTF-16. Save it as UTF-8 and choose it again.".to_owned());
        }
        let text = std::str::from_utf8(content);
        text.map(Some).map_err(|_| "The file is not UTF-8. Save it as UTF-8 and choose it again.".to_owned())
    }
}

/// The reason why a form is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// 400: the body cannot be read.
    Unreadable(&'static str),
    /// 403: the form does not come from a page of this program.
    Foreign(&'static str),
    /// 413: the body is too large.
    TooLarge,
}

/// Reads a form and checks that a page of this program has sent it.
///
/// # Errors
/// [`Rejection`], in which case nothing may be done.
pub fn read(secret: &Secret, view: &View, request: &Request<Bytes>) -> Result<Form, Rejection> {
    check_origin(request).map_err(Rejection::Foreign)?;
    if request.body().len() > BODY_LIMIT || request.extensions().get::<TooLarge>().is_some() {
        return Err(Rejection::TooLarge);
    }
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (kind, parameters) = media_type.split_once(';').unwrap_or((media_type, ""));
    let form = match kind.trim().to_ascii_lowercase().as_str() {
        URLENCODED => {
            let text = std::str::from_utf8(request.body());
            Form {
                fields: Query::parse(text.map_err(|_| Rejection::Unreadable("The form is not UTF-8."))?),
                files: Vec::new(),
            }
        }
        MULTIPART => {
            let boundary = parameters.split(';').find_map(|pair| pair.trim().strip_prefix("boundary="));
            let form = boundary.and_then(|boundary| multipart(request.body(), boundary.trim_matches('"')));
            form.ok_or(Rejection::Unreadable("The parts of the form cannot be read."))?
        }
        _ => {
            return Err(Rejection::Unreadable(
                "A form must have the media type application/x-www-form-urlencoded or multipart/form-data.",
            ));
        }
    };
    if !secret.verifies(view, form.field(TOKEN)) {
        return Err(Rejection::Foreign("The form has no valid token. Reload the page and try again."));
    }
    Ok(form)
}

/// Refuses requests of pages from other origins. Unlike the control plane, the dashboard accepts neither other ports of
/// this machine nor the origins of `--allow-origin`.
fn check_origin(request: &Request<Bytes>) -> Result<(), &'static str> {
    let headers = request.headers();
    let authority = site::authority(request.uri(), headers).unwrap_or_default();
    let is_encrypted = request.extensions().get::<Arrival>().is_some_and(|arrival| arrival.is_encrypted);
    let is_own = |origin: &str| site::is_own_origin(origin, authority, is_encrypted);
    if !headers.get_all(ORIGIN).iter().all(|origin| origin.to_str().is_ok_and(is_own)) {
        return Err("The form was sent by a page of another origin.");
    }
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if sites.any(|site| site != "same-origin" && site != "none") {
        return Err("The form was sent by a page of another site.");
    }
    Ok(())
}

/// Reads the parts of `multipart/form-data`; `None` if they are malformed.
fn multipart(body: &Bytes, boundary: &str) -> Option<Form> {
    let delimiter = format!("--{boundary}");
    let after_line = format!("\r\n{delimiter}");
    let mut form = Form::default();
    let mut at = memchr::memmem::find(body, delimiter.as_bytes())? + delimiter.len();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(form);
        }
        let rest = rest.strip_prefix(b"\r\n")?;
        let start = at + 2;
        let head_end = memchr::memmem::find(rest, b"\r\n\r\n")?;
        let content = head_end + 4;
        let end = content + memchr::memmem::find(rest.get(content..)?, after_line.as_bytes())?;
        let head = std::str::from_utf8(rest.get(..head_end)?).ok()?;
        let value = body.slice(start + content..start + end);
        let name = parameter(head, "name")?;
        if parameter(head, "filename").is_some() {
            form.files.push((name, value));
        } else {
            form.fields = form.fields.and(&name, std::str::from_utf8(&value).ok()?);
        }
        at = start + end + after_line.len();
    }
}

/// A parameter of `Content-Disposition`, in which browsers encode quotes and line breaks.
fn parameter(head: &str, name: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let (_, rest) = line.split_once(&format!("; {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Region;
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, id};

    fn view(account: &str) -> View {
        View::of(id(account), Region::new(REGION))
    }

    fn post(headers: &[(&str, &str)], body: &str) -> Request<Bytes> {
        let mut request = Request::builder().method("POST").uri("/").header("host", "localhost:4600");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
    }

    /// Rules: DSH-10, DSH-15.
    #[test]
    fn only_forms_of_the_same_origin_with_a_token_are_accepted() {
        let secret = Secret::default();
        let body = format!("token={}&a=b%20c", secret.token(&view(MEMBER)));
        let form = ("content-type", URLENCODED);
        let read = |headers: &[(&str, &str)], body: &str| read(&secret, &view(MEMBER), &post(headers, body));
        assert_eq!(read(&[form], &body).unwrap().field("a"), "b c");
        for good in [("origin", "http://localhost:4600"), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")]
        {
            assert!(read(&[form, good], &body).is_ok(), "{good:?}");
        }
        for bad in [
            ("origin", "http://localhost:3000"),
            ("origin", "null"),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert!(matches!(read(&[form, bad], &body), Err(Rejection::Foreign(_))), "{bad:?}");
        }
        let (mut http2, _) = post(&[form, ("origin", "https://hub.example.com:4600")], &body).into_parts();
        http2.headers.remove("host");
        http2.uri = "https://hub.example.com:4600/".parse().unwrap();
        let http2 = Request::from_parts(http2, Bytes::from(body.clone()));
        assert!(super::read(&secret, &view(MEMBER), &http2).is_ok(), "HTTP/2 has the host in its target");
        let of_others = [secret.token(&view(ADMINISTRATOR)), Secret::default().token(&view(MEMBER)), String::new()];
        for token in of_others {
            assert!(matches!(read(&[form], &format!("token={token}")), Err(Rejection::Foreign(_))), "{token}");
        }
        let large = "a".repeat(BODY_LIMIT + 1);
        assert_eq!(read(&[form], &large), Err(Rejection::TooLarge));
        assert!(matches!(read(&[("content-type", "text/plain")], &body), Err(Rejection::Unreadable(_))));
    }

    /// Rules: DSH-10.
    #[test]
    fn a_form_with_a_file_is_read() {
        let body = Bytes::from_static(
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\nc\r\n--x\r\nContent-Disposition: form-data; \
              name=\"CSV file\"; filename=\"m%22.csv\"\r\nContent-Type: text/csv\r\n\r\n1,2\n\r\n--x--\r\n",
        );
        let form = multipart(&body, "x").unwrap();
        assert_eq!((form.field("a"), form.file("CSV file")), ("b\r\nc", Ok(Some("1,2\n"))));
        assert_eq!(form.file("other"), Ok(None));
        for (content, word) in
            [(&b"m\xfcller"[..], "not UTF-8"), (b"\xff\xfe1\0", "UTF-16"), (b"\xfe\xff\x001", "UTF-16")]
        {
            let files = vec![("csv".to_owned(), Bytes::from_static(content))];
            let sentence = Form { files, ..Form::default() }.file("csv").unwrap_err();
            assert!(sentence.contains(word), "{sentence}");
        }
        for broken in ["", "--x", "--x\r\nname", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"] {
            assert_eq!(multipart(&Bytes::from_static(broken.as_bytes()), "x"), None, "{broken}");
        }
    }
}
