//! Tests of the status, the list of paths, the page for browsers, and errors of paths and methods.

use http::{Method, Request, Response, header};

use super::super::routes;
use super::*;

/// Sends a request with headers and returns the response.
fn exchange(service: &Service, method: &Method, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(service.handle(request.body(Bytes::new()).unwrap()))
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// Rules: CPL-141.
#[test]
fn the_status_names_accounts_regions_and_counts() {
    let service = service();
    post(&service, "/_emulator/findings", of_aws("f").to_string());
    let (status, answer) = send(&service, "GET", "/_emulator/status", "");
    assert_eq!(status, 200, "{answer}");
    let account = json!({ "AccountId": ADMINISTRATOR, "Regions": ["us-east-1"], "Findings": 1 });
    assert_eq!(answer["Accounts"], json!([account]));
    assert_eq!((&answer["Hubs"], &answer["Findings"], &answer["Status"]), (&json!(1), &json!(1), &json!("ok")));
    assert_eq!(answer["SuggestedCaller"], json!({ "AccountId": ADMINISTRATOR, "Region": "us-east-1" }));
}

/// Rules: CPL-141, DEC-01.
#[test]
fn the_status_counts_hubs_of_the_v2_half() {
    let service = service();
    assert_eq!(send(&service, "GET", "/_emulator/status", "").1["HubsV2"], 0);
    post(&service, "/hubv2", "{}");
    let coverage = json!({
        "class_uid": 2003, "cloud": { "account": { "uid": ADMINISTRATOR }, "region": "us-east-1" },
        "finding_info": { "uid": "c", "title": "t" }, "metadata": { "product": { "uid": "p" } },
    });
    assert_eq!(post(&service, "/_emulator/findings", coverage.to_string()).0, 200);
    let (_, answer) = send(&service, "GET", "/_emulator/status", "");
    assert_eq!((&answer["HubsV2"], &answer["RegionsV2"]), (&json!(1), &json!(["us-east-1"])));
    let region = json!(["us-east-1"]);
    let account = json!({ "AccountId": ADMINISTRATOR, "Regions": region, "RegionsV2": region, "Findings": 1 });
    assert_eq!((&answer["Accounts"], &answer["Findings"]), (&json!([account]), &json!(1)));
}

/// Rules: CPL-142.
#[test]
fn the_account_of_an_access_key_is_shown() {
    let service = service();
    for (key, account, is_known) in [(ADMINISTRATOR, ADMINISTRATOR, true), ("test", "000000000000", false)] {
        let (status, answer) = send(&service, "GET", &format!("/_emulator/caller?access-key={key}"), "");
        assert_eq!((status, answer), (200, json!({ "AccountId": account, "IsKnown": is_known })));
    }
    assert_eq!(send(&service, "GET", "/_emulator/caller", "").0, 400);
}

/// Rules: CPL-02, CPL-146.
#[test]
fn an_unknown_path_is_answered_with_all_routes_and_the_most_similar_one() {
    let service = service();
    let (status, answer) = send(&service, "GET", "/_emulator/clok", "");
    let message = answer["Message"].as_str().unwrap();
    assert_eq!(status, 404);
    let start =
        "no such path: GET /_emulator/clok; did you mean '/_emulator/clock'? The control plane has GET /_emulator, ";
    assert!(message.starts_with(start), "{message}");
    for route in routes::all() {
        let route = format!("{} {}", route.method, route.path);
        assert!(message.contains(&format!(" {route},")) || message.ends_with(&route), "{route} in {message}");
    }
    for path in ["/_emulator/clock/", "/_emulator/%63lock", "/_emulator/exports//", "/_emulator/exports/a/b"] {
        assert_eq!(send(&service, "GET", path, "").0, 404, "{path}");
    }
}

/// Rules: CPL-02, CPL-146.
#[test]
fn a_wrong_method_is_answered_with_those_of_its_path() {
    let service = service();
    for known in routes::all() {
        let of_path = routes::all().iter().filter(|route| route.path == known.path);
        let listed: Vec<&str> = of_path.map(|route| route.method.as_str()).collect();
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"].map(|name| name.parse::<Method>().unwrap()) {
            let response = exchange(&service, &method, known.path, &[]);
            if listed.contains(&method.as_str()) {
                assert!(response.status() != 405, "{method} {}", known.path);
                continue;
            }
            let expected = format!("'{}' does not support {method}; use {}", known.path, listed.join(" or "));
            let answer: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!((response.status().as_u16(), &answer["Message"]), (405, &json!(expected)));
            assert_eq!(response.headers()[header::ALLOW], listed.join(", "));
        }
    }
}

/// Rules: CPL-146.
#[test]
fn head_has_the_length_of_get() {
    let service = service();
    for path in ["/_emulator/health", "/_emulator/nope", "/_emulator/"] {
        let [get, head] = [Method::GET, Method::HEAD].map(|method| exchange(&service, &method, path, &[]));
        assert_eq!(get.status(), head.status(), "{path}");
        assert_eq!(get.headers()[header::CONTENT_LENGTH], get.body().len().to_string(), "{path}");
        assert_eq!(get.headers()[header::CONTENT_LENGTH], head.headers()[header::CONTENT_LENGTH], "{path}");
        assert!(head.body().is_empty(), "{path}");
    }
}

/// Rules: CPL-147.
#[test]
fn a_browser_gets_a_page_and_others_a_list_of_paths() {
    let settings = Settings { ui: false, ..Settings::default() };
    let service = Service::new(settings, None).unwrap();
    assert_eq!(post(&service, "/accounts", "{}").0, 200);
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("host", "127.0.0.1:4700")];
    let pages = ["/", "/_emulator", "/_emulator/"].map(|path| exchange(&service, &Method::GET, path, &browser));
    for page in &pages {
        assert_eq!(
            (page.status().as_u16(), &page.headers()[header::CONTENT_TYPE]),
            (200, &"text/html; charset=utf-8".parse().unwrap())
        );
    }
    let page = text(&pages[0]);
    for part in
        ["<!DOCTYPE html>", "AWS_ENDPOINT_URL_SECURITYHUB=http://127.0.0.1:4700", ADMINISTRATOR, "/_emulator/clock"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    let list = exchange(&service, &Method::GET, "/_emulator/", &[("host", "127.0.0.1:4700")]);
    let list: Value = serde_json::from_slice(list.body()).unwrap();
    assert_eq!(list["Paths"].as_array().unwrap().len(), routes::all().len());
    let is_clock = |call: &&Value| call["Purpose"] == "Advance, set, freeze or start the clock";
    let clock = list["Paths"].as_array().unwrap().iter().find(is_clock).unwrap();
    let example = r#"curl -X POST http://127.0.0.1:4700/_emulator/clock -d '{"advance": "P1D"}'"#;
    assert_eq!((&clock["Method"], &clock["Example"]), (&json!("POST"), &json!(example)));
}

/// Rules: CPL-147.
#[test]
fn the_root_is_unchanged_for_aws_clients() {
    let service = service();
    let html = ("accept", "text/html");
    for (method, path, headers) in [
        ("GET", "/", &[][..]),
        ("GET", "/", &[("accept", "*/*")]),
        ("POST", "/", &[html]),
        ("GET", "/?Action=GetCallerIdentity", &[html]),
        ("GET", "/accounts", &[html]),
    ] {
        let refused = exchange(&service, &method.parse().unwrap(), path, headers);
        assert!(refused.status() == 403 && text(&refused).contains("Missing Authentication Token"), "{method} {path}");
    }
    let signed = exchange(&service, &Method::GET, "/", &[html, ("authorization", SIGNATURE)]);
    assert!(signed.status() == 404 && text(&signed).contains("does not match any AWS Security Hub operation"));
}

/// Rules: CPL-16.
#[test]
fn the_control_plane_ignores_signatures() {
    let settings = Settings { verify_signatures: true, ..Settings::default() };
    let service = Service::new(settings, None).unwrap();
    let expired = SIGNATURE.replace("20260115", "19990101");
    for headers in [&[][..], &[("authorization", "nonsense")], &[("authorization", &*expired)]] {
        let response = exchange(&service, &Method::GET, "/_emulator/health", headers);
        assert_eq!(response.status(), 200, "{headers:?}");
        let health: Value = serde_json::from_str(&text(&response)).unwrap();
        assert_eq!((&health["status"], &health["durability"]), (&json!("ok"), &json!("none")));
        assert_eq!(exchange(&service, &Method::POST, "/_emulator/reset", headers).status(), 200, "{headers:?}");
    }
}

/// Rules: CPL-100, CPL-112.
#[test]
fn metrics_and_certificates_are_texts_with_one_line_break_at_their_end() {
    let service = service();
    for path in ["/metrics", "/_emulator/metrics"] {
        let response = exchange(&service, &Method::GET, path, &[("accept", "application/openmetrics-text")]);
        assert!(text(&response).ends_with("\n# EOF\n"), "{path}");
        assert_eq!(response.headers()["content-length"], text(&response).len().to_string());
        let response = exchange(&service, &Method::HEAD, path, &[]);
        assert_eq!(response.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        assert_eq!(exchange(&service, &Method::POST, path, &[]).status(), 405);
    }
    let missing = exchange(&service, &Method::GET, "/_emulator/ca.pem", &[]);
    assert_eq!(text(&missing), "{\"Message\":\"the emulator has no certificate authority; start it with --tls\"}\n");
    let settings = Settings { certificate_authority: Some("PEM\n".to_owned()), ..Settings::default() };
    let found = exchange(&Service::new(settings, None).unwrap(), &Method::GET, "/_emulator/ca.pem", &[]);
    assert_eq!(
        (&*text(&found), &found.headers()["content-type"]),
        ("PEM\n", &"application/x-pem-file".parse().unwrap())
    );
}
