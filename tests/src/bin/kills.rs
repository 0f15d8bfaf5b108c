//! Kills the program many times while it changes its state, and checks after each restart that no acknowledged call is
//! lost and no call was done in part.
//!
//! ```text
//! cargo run --release -p securityhub-local-tests --bin kills -- 1000
//! cargo run --release -p securityhub-local-tests --bin kills -- 1000 disk
//! ```

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use securityhub_local_tests::kills;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let kills = arguments.first().map_or(Some(1000), |kills| kills.parse().ok());
    let durability = match arguments.get(1).map(String::as_str) {
        None | Some("process") => Some("process"),
        Some("disk") => Some("disk"),
        Some(_) => None,
    };
    let (Some(kills), Some(durability)) = (kills, durability) else {
        eprintln!("usage: kills [NUMBER] [process|disk]");
        return ExitCode::from(2);
    };
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs());
    let folder = std::env::temp_dir().join(format!("securityhub-local-kills-{}", std::process::id()));
    if let Err(error) = std::fs::create_dir(&folder) {
        eprintln!("cannot create {}: {error}", folder.display());
        return ExitCode::from(1);
    }
    println!("seed {seed}, in {}", folder.display());
    // A failed check panics before the directory is removed, so that its content can be examined.
    kills::print(kills, durability, &folder, seed);
    _ = std::fs::remove_dir_all(&folder);
    ExitCode::SUCCESS
}
