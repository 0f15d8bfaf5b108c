//! `serve --watch`: reloads the scenario when one of its files changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::cli::LogForm;
use super::loading;
use super::logging::LogOutput;
use super::ready;
use crate::scenario::{self, Diagnostics, Scenario};
use crate::service::Service;

/// The interval at which files are compared. A change is loaded once the files have not changed for one interval, so
/// that a file that is being written is not read.
const INTERVAL: Duration = Duration::from_millis(500);

/// The files that were read, each with the time of its last change and its size; `None` if it cannot be read.
pub(super) type Stamps = BTreeMap<PathBuf, Option<(SystemTime, u64)>>;

/// Watches the files of a scenario as long as the program runs. While the scenario has errors, their directories are
/// watched too, because a file may be missing. Otherwise a new file that a pattern of the scenario matches is noticed when
/// a file that was read before changes.
///
/// `known` are the stamps of the files when they were loaded. The caller reads the stamps before it prints the ready
/// text, because a file may change before this future first runs.
pub(super) async fn watch(service: Service, files: Vec<PathBuf>, mut known: Stamps, output: LogOutput) {
    let (mut before, mut reported) = (known.clone(), None);
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now: Stamps = known.keys().map(|path| (path.clone(), stamp(path))).collect();
        if now != known && now == before {
            let (served, read) = (service.clone(), files.clone());
            let folders = stamps(&folders(&known));
            let Ok(reloaded) = loading::on_thread(move || reload(&served, &read)) else { continue };
            let Ok(reloaded) = reloaded.await else { return };
            known.clone_from(&now);
            match reloaded {
                Ok(None) => {
                    output.say("ERROR", "the data directory cannot be written, so the previous scenario stays loaded");
                }
                Ok(Some(scenario)) => {
                    loading::print_warnings(&scenario, &output);
                    let names: Vec<_> = files.iter().map(|path| path.display().to_string()).collect();
                    let content = ready::content(&service.world());
                    output.say("INFO", &format!("reloaded {}. {content}", names.join(", ")));
                    // A file that changed while it was read is reloaded later.
                    known = loaded_stamps(&scenario.paths(), &now);
                    reported = None;
                }
                Err(errors) => {
                    known.extend(folders);
                    let errors_in_a_line = Some(errors.in_a_line());
                    if reported != errors_in_a_line {
                        report(&errors, &output);
                        reported = errors_in_a_line;
                    }
                }
            }
        }
        before = now;
    }
}

/// The present stamps of files.
pub(super) fn stamps(paths: &[PathBuf]) -> Stamps {
    paths.iter().map(|path| (path.clone(), stamp(path))).collect()
}

/// The stamps of the files that a scenario read: those in `before`, which were taken before the files were read, or
/// else the present ones.
pub(super) fn loaded_stamps(paths: &[PathBuf], before: &Stamps) -> Stamps {
    paths.iter().map(|path| (path.clone(), before.get(path).copied().unwrap_or_else(|| stamp(path)))).collect()
}

fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The directories of all files.
fn folders(files: &Stamps) -> Vec<PathBuf> {
    let folder = |path: &PathBuf| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    files.keys().filter(|path| !path.is_dir()).map(folder).collect()
}

/// Loads the scenario into the service. Returns `None` if the data directory cannot be written.
///
/// # Errors
/// The errors of the scenario. The service is unchanged then.
fn reload(service: &Service, files: &[PathBuf]) -> Result<Option<Scenario>, Diagnostics> {
    let scenario = scenario::load(files)?;
    let is_loaded = service.load(&scenario)?;
    Ok(is_loaded.then_some(scenario))
}

fn report(errors: &Diagnostics, output: &LogOutput) {
    let message = "the changed scenario has errors, so the previous one stays loaded";
    match output.form {
        LogForm::Pretty => {
            output.print(&format!("{}\n", errors.to_string().trim_end()));
            output.say("ERROR", message);
        }
        LogForm::Json => output.say("ERROR", &format!("{message}: {}", errors.in_a_line())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-144.
    #[test]
    fn a_change_of_a_file_while_it_is_loaded_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (named, included) = (folder.path().join("named.yaml"), folder.path().join("included.json"));
        std::fs::write(&named, "1").unwrap();
        std::fs::write(&included, "[]").unwrap();
        let before = stamps(std::slice::from_ref(&named));
        std::fs::write(&named, "22").unwrap();
        let loaded = loaded_stamps(&[named.clone(), included.clone()], &before);
        assert_ne!(loaded[&named], stamp(&named), "the stamp is from before the file was read");
        assert_eq!(loaded[&included], stamp(&included), "a file that another file names");
    }
}
