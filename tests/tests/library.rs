//! The methods of an emulator in process, which do what the routes of the control plane do.

use std::time::{Duration, SystemTime};

use securityhub_local::{Emulator, Reset, control};

fn run<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}

async fn emulator() -> Emulator {
    let scenario = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/quickstart.yaml");
    Emulator::builder().scenario(scenario).start().await.unwrap()
}

/// Rules: CPL-130, CPL-50, CPL-51, CPL-52.
#[test]
fn a_program_saves_resets_and_restores_the_state() {
    run(async {
        let emulator = emulator().await;
        let saved = emulator.save("before").await.unwrap();
        assert_eq!((saved.name.as_str(), saved.hubs > 0), ("before", true));
        emulator.reset(Reset::Empty).await.unwrap();
        assert_eq!(emulator.service().world().finding_count(), 0);
        emulator.reset(Reset::Snapshot("before")).await.unwrap();
        assert_eq!(emulator.service().world().finding_count(), saved.findings);
        emulator.reset(Reset::Start).await.unwrap();
        assert_eq!(emulator.snapshots(), [saved]);
        emulator.delete_snapshot("before").unwrap();
        let error: control::Error = emulator.reset(Reset::Snapshot("before")).await.unwrap_err();
        assert_eq!((error.status, error.message.as_str()), (404, "no snapshot has the name 'before'"));
        assert_eq!(emulator.save("not a name").await.unwrap_err().status, 400);
    });
}

/// Rules: CPL-130, CPL-90, CPL-92.
#[test]
fn a_program_moves_and_freezes_the_clock() {
    run(async {
        let emulator = emulator().await;
        assert!(emulator.freeze(true).frozen);
        let start = emulator.clock();
        emulator.advance("P1D").unwrap();
        let later = emulator.advance(Duration::from_secs(3600)).unwrap();
        assert!(later.now > start.now && later.frozen);
        let past = SystemTime::UNIX_EPOCH;
        assert_eq!(emulator.set_clock(past).unwrap_err().status, 400);
        assert_eq!(emulator.advance("tomorrow").unwrap_err().status, 400);
        assert_eq!(emulator.clock(), later, "a refused call changes nothing");
    });
}
