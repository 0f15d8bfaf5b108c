//! `serve --watch`: loads the scenario again when one of its files changes.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::cli::LogForm;
use super::loading::{self, Loaded};
use super::logging::LogOutput;
use super::ready;
use crate::scenario;
use crate::service::Service;

/// The interval at which files are compared. A change is loaded once the files have not changed for one interval, so
/// that a file that is being written is not read.
const INTERVAL: Duration = Duration::from_millis(500);

/// The time of the last change and the size of each file; `None` if it cannot be read.
type Stamps = Vec<Option<(SystemTime, u64)>>;

/// Watches the files of a scenario as long as the program runs. A new file that a pattern of the scenario matches is
/// noticed when a file that was read before changes.
pub(super) async fn watch(loaded: Loaded, files: Vec<PathBuf>, output: LogOutput) {
    let Loaded { service, mut paths } = loaded;
    let mut known = stamps(&paths);
    let mut before = known.clone();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = stamps(&paths);
        if now != known && now == before {
            known.clone_from(&now);
            let (service, files, output) = (service.clone(), files.clone(), output.clone());
            let reloaded = loading::on_thread(move || reload(&service, &files, &output));
            let Ok(reloaded) = reloaded else { continue };
            if let Ok(Some(read)) = reloaded.await {
                paths = read;
                known = stamps(&paths);
            }
        }
        before = now;
    }
}

fn stamps(paths: &[PathBuf]) -> Stamps {
    let stamp = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    paths.iter().map(stamp).collect()
}

/// Loads the scenario into the service and returns the files that were read. If there are errors, they are logged, and the
/// service is unchanged.
fn reload(service: &Service, files: &[PathBuf], output: &LogOutput) -> Option<Vec<PathBuf>> {
    let loaded = scenario::load(files).and_then(|scenario| service.load(&scenario).map(|()| scenario));
    match loaded {
        Ok(scenario) => {
            loading::print_warnings(&scenario, output);
            let names: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
            output.say("INFO", &format!("loaded {} again. {}", names.join(", "), ready::content(&service.world())));
            Some(scenario.paths())
        }
        Err(errors) => {
            let message = "the changed scenario has errors, so the previous one stays loaded";
            match output.form {
                LogForm::Pretty => {
                    output.print(&format!("{}\n", errors.to_string().trim_end()));
                    output.say("ERROR", message);
                }
                LogForm::Json => output.say("ERROR", &format!("{message}: {}", errors.in_a_line())),
            }
            None
        }
    }
}
