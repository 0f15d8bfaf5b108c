//! Tests of addresses: redirects, pages that do not exist, files, and other sites.

use bytes::Bytes;
use http::{Request, Response};
use securityhub_local::service::Settings;
use securityhub_local::wire::site::Arrival;
use securityhub_local_tests::program::Program;

use super::document::Document;
use super::site::{Site, assert_page_headers, header, text};

const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

fn get(site: &Site, address: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    site.send(Site::request("GET", address, headers, ""))
}

/// Rules: DSH-01, DSH-02.
#[test]
fn a_browser_is_redirected_to_the_first_view() {
    let site = Site::of("quickstart.yaml");
    let response = get(&site, "/", &[HTML]);
    assert_eq!((response.status().as_u16(), header(&response, "location")), (302, "/_emulator/ui/"));
    for address in ["/_emulator/ui", "/_emulator/ui/"] {
        let response = get(&site, address, &[HTML]);
        let first = "/_emulator/ui/as/111111111111/us-east-1/";
        assert_eq!((response.status().as_u16(), header(&response, "location")), (302, first), "{address}");
    }
    let response = get(&site, "/_emulator/ui/as/222222222222/eu-west-1?f=a", &[HTML]);
    let whole = "/_emulator/ui/as/222222222222/eu-west-1/?f=a";
    assert_eq!((response.status().as_u16(), header(&response, "location")), (302, whole));
    let signed = ("authorization", "AWS4-HMAC-SHA256 Credential=a");
    for (address, headers) in [("/", vec![]), ("/", vec![HTML, signed]), ("/?X-Amz-Credential=a", vec![HTML])] {
        let response = get(&site, address, &headers);
        assert!(response.status().is_client_error(), "{address} {headers:?}: {}", response.status());
        assert!(header(&response, "content-type").contains("json"), "{address} {headers:?}");
    }
}

/// Rules: DSH-01.
#[test]
fn the_dashboard_can_be_turned_off() {
    let site = Site::with(Settings { ui: false, ..Settings::default() }, None);
    for address in ["/_emulator/ui", "/_emulator/ui/", "/_emulator/ui/as/111111111111/us-east-1/"] {
        assert_eq!(get(&site, address, &[HTML]).status(), 404, "{address}");
    }
    let response = get(&site, "/", &[HTML]);
    assert_eq!((response.status().as_u16(), text(&response).contains("/_emulator/ui")), (200, false));
    let program = Program::start(&["--no-ui"]);
    let (head, _) = program.send(b"GET /_emulator/ui/ HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
}

/// Rules: DSH-04, DSH-05.
#[test]
fn an_unknown_address_is_a_page_with_links() {
    let site = Site::of("quickstart.yaml");
    for (address, sentence) in [
        ("as/11111111111/us-east-1/", "expected 12 digits"),
        ("as/111111111111/moon-1/", "AWS has no Region `moon-1`"),
        ("as/111111111111/us-east-1/nope", "no page `nope`"),
        ("nope", "no page at this address"),
        ("assets/0123456789abcdef/app.css", "no file"),
        ("switch?account=nobody&region=us-east-1", "`nobody`"),
        ("switch?account=111111111111&region=moon-1", "moon-1"),
    ] {
        let address = format!("/_emulator/ui/{address}");
        let response = get(&site, &address, &[HTML]);
        assert_eq!(response.status(), 404, "{address}");
        assert_page_headers(&address, &response);
        let page = Document::new(&text(&response));
        assert_eq!(page.text_of("heading"), "Not found", "{address}");
        assert!(page.text_of("main").contains(sentence), "{address}: {}", page.text_of("main"));
        let links = page.links();
        assert!(links.iter().any(|(_, text)| text.starts_with("Overview of ")), "{address}: {links:?}");
        assert!(links.iter().filter(|(link, _)| link.starts_with('/')).all(|(link, _)| site.status(link) < 400));
    }
    for account in ["555555555555", "000000000000"] {
        assert_eq!(site.status(&format!("/_emulator/ui/as/{account}/ap-south-1/")), 200, "{account}");
    }
}

/// Rules: DSH-04, DSH-21.
#[test]
fn a_page_that_is_not_found_keeps_what_is_known_of_its_address() {
    let site = Site::of("quickstart.yaml");
    let query = "?f=SeverityLabel:EQUALS:HIGH";
    let view = |account: &str, region: &str| format!("/_emulator/ui/as/{account}/{region}/findings{query}");
    let to = "to=findings%3Ff%3DSeverityLabel:EQUALS:HIGH&from=333333333333/eu-west-1";
    for (address, account, region) in [
        (format!("as/111111111111/us-east-1/findings/{query}"), "111111111111", "us-east-1"),
        (format!("as/1111/eu-west-1/findings{query}"), "111111111111", "eu-west-1"),
        (format!("as/222222222222/mars-1/findings{query}"), "222222222222", "us-east-1"),
        (format!("as/222222222222/EU-WEST-1/findings{query}"), "222222222222", "eu-west-1"),
        (format!("switch?account=nobody&region=us-east-1&{to}"), "333333333333", "us-east-1"),
        (format!("switch?account=222222222222&region=mars-1&{to}"), "222222222222", "eu-west-1"),
    ] {
        let response = get(&site, &format!("/_emulator/ui/{address}"), &[HTML]);
        assert_eq!(response.status(), 404, "{address}");
        let page = Document::new(&text(&response));
        let name = format!("Findings of {account} in {region}");
        assert_eq!(page.link(&name), Some(view(account, region)), "{address}");
        assert!(page.text().contains(&format!("name=\"to\" value=\"findings{query}\"")), "{address}: {}", page.text());
    }
    let capitals = get(&site, "/_emulator/ui/as/111111111111/US-EAST-1/", &[HTML]);
    let sentence = "`US-EAST-1` is not a valid name of a Region (expected `us-east-1`).";
    assert!(Document::new(&text(&capitals)).text_of("main").contains(sentence), "{}", text(&capitals));
    let switched = get(&site, "/_emulator/ui/switch?account=111111111111&region=US-EAST-1&to=", &[HTML]);
    assert_eq!(header(&switched, "location"), "/_emulator/ui/as/111111111111/us-east-1/");
}

/// Rules: DSH-04, DSH-50.
#[test]
fn a_page_with_an_invalid_query_has_a_link_to_a_valid_one() {
    let site = Site::of("quickstart.yaml");
    for query in ["accounts?page=0", "products?page=0", "products?enabled=maybe", "fidelity?chapter=nope"] {
        let address = format!("/_emulator/ui/as/111111111111/us-east-1/{query}");
        let response = get(&site, &address, &[HTML]);
        assert_eq!(response.status(), 400, "{address}");
        let page = Document::new(&text(&response));
        let name = format!("Back to {}", page.text_of("heading"));
        assert_eq!(page.link(&name).as_deref(), address.split('?').next(), "{address}");
    }
}

/// Rules: DSH-36.
#[test]
fn calls_have_the_scheme_and_the_address_of_the_request() {
    let site = Site::of("quickstart.yaml");
    let page = |address: &str, host: Option<&str>, is_encrypted: bool| {
        let mut request = Request::get(address);
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let local = Some("127.0.0.1:4702".parse().unwrap());
        let request = request.extension(Arrival { is_encrypted, local }).body(Bytes::new()).unwrap();
        text(&site.send(request))
    };
    let path = "/_emulator/ui/as/111111111111/us-east-1/findings";
    for (address, host, is_encrypted, endpoint) in [
        (path.to_owned(), Some("hub:4717"), false, "http://hub:4717"),
        (path.to_owned(), Some("hub:4717"), true, "https://hub:4717"),
        (format!("https://hub:4717{path}"), None, true, "https://hub:4717"),
        (path.to_owned(), None, false, "http://127.0.0.1:4702"),
    ] {
        let page = page(&address, host, is_encrypted);
        assert!(page.contains(&format!("--endpoint-url {endpoint} ")), "{address} {host:?} {is_encrypted}");
    }
}

/// Rules: DSH-04, DSH-10.
#[test]
fn other_methods_are_refused() {
    let site = Site::of("quickstart.yaml");
    let page = "/_emulator/ui/as/111111111111/us-east-1/";
    for (method, address, allowed) in [
        // Every page takes the form that enables the hub.
        ("PUT", page, "GET, HEAD, POST"),
        ("DELETE", "/_emulator/ui/", "GET, HEAD"),
        ("POST", "/_emulator/ui/", "GET, HEAD"),
        ("OPTIONS", page, "GET, HEAD, POST"),
    ] {
        let response = site.send(Site::request(method, address, &[], ""));
        assert_eq!((response.status().as_u16(), header(&response, "allow")), (405, allowed), "{method} {address}");
        assert_page_headers(address, &response);
    }
    let findings = site.send(Site::request("DELETE", "/_emulator/ui/as/111111111111/us-east-1/findings", &[], ""));
    assert_eq!((findings.status().as_u16(), header(&findings, "allow")), (405, "GET, HEAD, POST"));
    let head = site.send(Site::request("HEAD", page, &[], ""));
    assert_eq!((head.status().as_u16(), head.body().len()), (200, 0));
}

/// Rules: DSH-21.
#[test]
fn the_same_page_can_be_seen_as_another_account() {
    let site = Site::of("quickstart.yaml");
    for (account, region, expected) in [
        ("222222222222", "eu-west-1", "/_emulator/ui/as/222222222222/eu-west-1/?a=b%26c"),
        ("prod", "us-east-1", "/_emulator/ui/as/222222222222/us-east-1/?a=b%26c"),
    ] {
        let address = format!("/_emulator/ui/switch?to=%3Fa%3Db%2526c&account={account}&region={region}");
        let response = get(&site, &address, &[HTML]);
        assert_eq!((response.status().as_u16(), header(&response, "location")), (302, expected));
    }
    let page = site.page("/_emulator/ui/as/111111111111/us-east-1/?a=b%26c");
    assert!(page.text().contains("name=\"to\" value=\"?a=b%26c\""), "{}", page.text());
}

/// Rules: DSH-07.
#[test]
fn files_are_compressed_and_cached_by_browsers_forever() {
    let site = Site::of("");
    let page = site.page("/_emulator/ui/as/111111111111/us-east-1/");
    let files: Vec<&str> = page.text().split('"').filter(|text| text.starts_with("/_emulator/ui/assets/")).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        let (plain, packed) = (get(&site, file, &[]), get(&site, file, &[("accept-encoding", "br, gzip;q=0.9")]));
        for response in [&plain, &packed] {
            assert_eq!(header(response, "cache-control"), "public, max-age=31536000, immutable", "{file}");
            assert_eq!(header(response, "x-content-type-options"), "nosniff", "{file}");
        }
        assert_eq!((header(&plain, "content-encoding"), header(&packed, "content-encoding")), ("", "gzip"), "{file}");
        let mut unpacked = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&packed.body()[..]), &mut unpacked).unwrap();
        assert_eq!(&unpacked, plain.body(), "{file}");
    }
}

/// Rules: DSH-09, DSH-15.
#[test]
fn pages_of_other_origins_cannot_read_the_dashboard() {
    let program = Program::start(&["--allow-origin", "https://app.example.com"]);
    let send = |path: &str, headers: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:1\r\n{headers}\r\n");
        program.send(request.as_bytes()).0.to_lowercase()
    };
    for origin in ["http://localhost:3000", "https://app.example.com"] {
        let origin = format!("origin: {origin}\r\n");
        let head = send("/_emulator/ui/as/111111111111/us-east-1/", &origin);
        assert!(head.starts_with("http/1.1 200") && !head.contains("access-control"), "{head}");
        assert!(send("/_emulator/status", &origin).contains("access-control-allow-origin"), "{origin}");
    }
    let request = b"GET /_emulator/ui/ HTTP/1.1\r\nhost: evil.example\r\n\r\n";
    assert!(program.send(request).0.starts_with("HTTP/1.1 403"));
    let preflight = b"OPTIONS /_emulator/ui/as/111111111111/us-east-1/ HTTP/1.1\r\nhost: 127.0.0.1:1\r\norigin: \
                      http://localhost:3000\r\naccess-control-request-method: POST\r\n\r\n";
    let (head, _) = program.send(preflight);
    assert!(head.starts_with("HTTP/1.1 405") && !head.to_lowercase().contains("access-control"), "{head}");
}

/// Rules: DSH-01.
#[test]
fn a_request_without_a_host_gets_a_page() {
    let site = Site::of("quickstart.yaml");
    let request = Request::get("/_emulator/ui/as/111111111111/us-east-1/").body(Bytes::new()).unwrap();
    assert_eq!(site.send(request).status(), 200);
}
