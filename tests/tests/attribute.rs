//! The attribute `securityhub_local::test`, which starts an emulator for a test.
#![allow(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::error::Error;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use securityhub_local::{Emulator, Fault, FaultError, RequestFilter, run_test};

const HUBS: &str = r#"hubs: [{ account: "111111111111", regions: [us-east-1] }]"#;
const SIGNATURE: &str = "AWS4-HMAC-SHA256 Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, \
                         SignedHeaders=host, Signature=00";

async fn describe_hub(hub: &Emulator) -> u16 {
    let request = Request::get("/accounts").header("authorization", SIGNATURE).body(Bytes::new()).unwrap();
    hub.service().handle(request).await.status().as_u16()
}

/// Rules: CPL-130.
#[securityhub_local::test(scenario = "../scenarios/quickstart.yaml")]
async fn a_test_begins_with_its_scenario(hub: Emulator) {
    assert!(hub.service().world().finding_count() > 0);
    assert_eq!(describe_hub(&hub).await, 200);
}

/// Rules: CPL-130.
#[securityhub_local::test(scenario_text = HUBS, faults([throttling()]), allow_anonymous("us-east-1"), aws_rate_limits)]
async fn arguments_configure_the_emulator(hub: Emulator) -> Result<(), Box<dyn Error>> {
    tokio::task::yield_now().await;
    assert_eq!(describe_hub(&hub).await, 429);
    assert_eq!(hub.requests(&RequestFilter::operation("DescribeHub"))?.len(), 1);
    Ok(())
}

fn throttling() -> Fault {
    let error = FaultError { code: Some("Throttle".to_owned()), ..FaultError::default() };
    Fault { error: Some(error), ..Fault::default() }
}

/// Rules: DST-41.
#[securityhub_local::test(scenario = "../scenarios/quickstart.yaml", flavor = "multi_thread")]
async fn a_flavor_is_the_runtime_of_the_test(hub: Emulator) -> Result<(), Box<dyn Error>> {
    assert_eq!(tokio::runtime::Handle::current().runtime_flavor(), tokio::runtime::RuntimeFlavor::MultiThread);
    // The thread of a test has a large stack, because the SDK needs one in debug builds.
    let thread = std::thread::current();
    assert_eq!(thread.name(), Some("a_flavor_is_the_runtime_of_the_test"));
    assert!(large_frames(3 << 20) > 0 && describe_hub(&hub).await == 200);
    Ok(())
}

/// Uses about as many bytes of the stack.
fn large_frames(bytes: usize) -> usize {
    let frame = std::hint::black_box([1_u8; 4096]);
    let rest = bytes.saturating_sub(frame.len());
    usize::from(frame[0]) + if rest == 0 { 0 } else { large_frames(rest) }
}

/// Rules: DST-41.
#[test]
fn a_test_starts_quickly() {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
    let time = || {
        let start = Instant::now();
        run_test(Emulator::builder().scenario(scenario), |hub| async move { drop(hub) });
        start.elapsed()
    };
    let fastest = (0..20).map(|_| time()).min().unwrap();
    // Debug builds take longer, as they check more.
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 100 } else { 5 });
    assert!(fastest <= limit, "{fastest:?}");
}

#[securityhub_local::test]
#[should_panic(expected = "as expected")]
async fn a_test_may_be_expected_to_panic(hub: Emulator) {
    assert_eq!(describe_hub(&hub).await, 401);
    panic!("as expected");
}

#[securityhub_local::test(scenario_text = HUBS)]
#[should_panic(expected = "on purpose")]
async fn fails_with_a_panic(hub: Emulator) {
    for _ in 0..12 {
        describe_hub(&hub).await;
    }
    panic!("on purpose");
}

#[test]
fn fails_with_an_error() {
    let failed = run_test(Emulator::builder(), |hub| async move {
        describe_hub(&hub).await;
        Err::<(), _>("on purpose")
    });
    assert_eq!(failed, Err("on purpose"));
}

/// Rules: CPL-130.
#[test]
fn a_failed_test_shows_the_last_calls() {
    let run = |name: &str| {
        let program = std::env::current_exe().unwrap();
        let output = Command::new(program).args(["--exact", name, "--nocapture"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let panicked = run("fails_with_a_panic");
    assert!(panicked.contains("securityhub-local: the last 10 of 12 calls:\n  3 DescribeHub 111111111111 us-east-1: 200\n    input: {}\n  4 "), "{panicked}");
    let failed = run("fails_with_an_error");
    assert!(
        failed.contains("the last 1 of 1 calls:\n  1 DescribeHub 111111111111 us-east-1: 401 InvalidAccessException: "),
        "{failed}"
    );
}
