//! Kills the program while it changes its state, and compares the state after a restart with the acknowledged calls.
//!
//! Several clients call the program at the same time, and each of them changes a separate part of the state. After a
//! kill, each part must be in the state after its last acknowledged call or after the call in flight; otherwise, an
//! acknowledged call was lost or a call was applied in part.

mod clients;
mod connection;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clients::{Client, clients};
use connection::Connection;

use crate::program::Program;
use crate::random::Random;

/// Maximum time until a kill, in milliseconds.
const MAX_LIFE: usize = 120;
/// The number of kills after which an empty directory is used, so that the state does not become large.
const ROUNDS: usize = 100;

const SCENARIO: &str = r#"
clock: { now: 2026-01-15T09:00:00Z, frozen: true }
regions: [us-east-1, eu-west-1, us-west-2]
hubs:
  - { account: "111111111111", regions: [us-east-1, eu-west-1, us-west-2], standards: [] }
  - { account: "222222222222", regions: [us-east-1], standards: [] }
resources:
  - { account: "222222222222", regions: [us-east-1], type: AwsS3Bucket, id: logs, fails: [S3.5] }
"#;

/// The result of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// The number of kills.
    pub kills: usize,
    /// The number of acknowledged calls.
    pub acknowledged: u64,
    /// The number of calls in flight whose changes survived.
    pub unacknowledged: u64,
}

/// A directory with the program's data, and its clients.
struct Round {
    folder: PathBuf,
    scenario: PathBuf,
    durability: &'static str,
    clients: Vec<Box<dyn Client>>,
    /// The greatest event number that was seen.
    last_event: u64,
}

/// Kills the program this many times, in a folder that must be empty. Returns the result.
///
/// # Panics
/// If an acknowledged call is lost, or a call is applied in part.
pub fn run(kills: usize, durability: &'static str, folder: &Path, seed: u64, report: impl Fn(&Report)) -> Report {
    let mut random = Random::new(seed);
    let mut done = Report::default();
    let scenario = folder.join("scenario.yaml");
    std::fs::write(&scenario, SCENARIO).expect("a writable folder");
    while done.kills < kills {
        let folder = folder.join(format!("data-{}", done.kills));
        let mut round = Round { folder, scenario: scenario.clone(), durability, clients: clients(), last_event: 0 };
        for _ in 0..ROUNDS.min(kills - done.kills) {
            round.kill(&mut random, &mut done);
            report(&done);
        }
        round.check(&mut done);
        std::fs::remove_dir_all(&round.folder).expect("an existing directory");
    }
    done
}

impl Round {
    fn start(&self) -> Program {
        let (folder, scenario) = (self.folder.display().to_string(), self.scenario.display().to_string());
        // Standard error only has the note that the scenario is not loaded, so it is ignored.
        let mut command = crate::program::command(&["serve", "--port", "0", "--data-dir", &folder]);
        command.args(["--durability", self.durability, "--scenario", &scenario]);
        Program::serve_with_log(command, std::process::Stdio::null())
    }

    /// Starts the program, checks its state, lets all clients call it, and kills it.
    fn kill(&mut self, random: &mut Random, done: &mut Report) {
        let mut program = self.start();
        self.verify(&program, done);
        let (address, is_over) = (program.address, Arc::new(AtomicBool::new(false)));
        let (acknowledged, last_event) = (AtomicU64::new(0), AtomicU64::new(self.last_event));
        std::thread::scope(|scope| {
            for client in &mut self.clients {
                let (is_over, acknowledged) = (Arc::clone(&is_over), &acknowledged);
                scope.spawn(move || {
                    let Some(mut connection) = Connection::open(address) else { return };
                    while !is_over.load(Ordering::Relaxed) && client.call(&mut connection) {
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            let watched = Arc::clone(&is_over);
            let last_event = &last_event;
            scope.spawn(move || {
                let Some(mut connection) = Connection::open(address) else { return };
                while !watched.load(Ordering::Relaxed) {
                    let Some(last) = connection.last_event() else { return };
                    last_event.fetch_max(last, Ordering::Relaxed);
                }
            });
            std::thread::sleep(Duration::from_millis(1 + random.below(MAX_LIFE) as u64));
            program.kill();
            is_over.store(true, Ordering::Relaxed);
        });
        self.last_event = last_event.into_inner();
        done.acknowledged += acknowledged.into_inner();
        done.kills += 1;
    }

    /// Starts the program and checks its state.
    fn check(&mut self, done: &mut Report) {
        let program = self.start();
        self.verify(&program, done);
    }

    fn verify(&mut self, program: &Program, done: &mut Report) {
        let mut connection = Connection::open(program.address).expect("the program listens");
        for client in &mut self.clients {
            done.unacknowledged += u64::from(client.verify(&mut connection));
        }
        let last = connection.last_event().expect("the program answers");
        assert!(last >= self.last_event, "event numbers continue after {}, not after {last}", self.last_event);
    }
}

/// Runs and prints the progress and the result.
pub fn print(kills: usize, durability: &'static str, folder: &Path, seed: u64) {
    let start = Instant::now();
    let report = run(kills, durability, folder, seed, |done| {
        if done.kills % 100 == 0 {
            println!("{} kills, {} acknowledged calls, nothing lost", done.kills, done.acknowledged);
        }
    });
    println!(
        "durability {durability}: {} kills in {:.0} s; {} acknowledged calls, none of them lost; {} calls in flight \
         survived, each of them completely",
        report.kills,
        start.elapsed().as_secs_f64(),
        report.acknowledged,
        report.unacknowledged
    );
}
