//! Loads the scenario of `serve` on a separate thread, so that a signal ends the program immediately, and shows the
//! progress if loading takes long.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::sync::oneshot;

use super::cli::{self, LogForm, ServeArguments};
use super::exit::Exit;
use super::logging::{Log, LogOutput};
use super::signals::Signals;
use crate::durable::Durability;
use crate::http_client::tls::Trust;
use crate::scenario::{self, Progress, Scenario};
use crate::service::{DataDirectory, ExportTarget, OpenError, S3Endpoint, Service, Settings, SignatureClock};
use crate::wire::tls::Tls;

/// Loading is silent for this time.
const SILENCE: Duration = Duration::from_secs(2);
/// The interval at which a progress bar is updated.
const TICK: Duration = Duration::from_millis(100);
/// Stack size of the loading thread, in bytes: that of a main thread, since a scenario may be nested deeply.
const STACK: usize = 8 << 20;

/// A service with its scenario.
pub(super) struct Loaded {
    pub(super) service: Service,
    /// The files that were read.
    pub(super) paths: Vec<PathBuf>,
}

/// Loads the scenario and creates the service.
///
/// # Errors
/// Exit code 1 for a data directory that cannot be used; 2 for invalid arguments and scenarios; 130 or 143 if a signal
/// arrives before the emulator is ready.
pub(super) async fn load(
    arguments: Arc<ServeArguments>,
    log: &Log,
    tls: Option<&Tls>,
    signals: &mut Signals,
) -> Result<Loaded, Exit> {
    let (output, progress) = (log.output(), Arc::new(Progress::default()));
    let mut shown = Shown::new(log.output());
    let settings = settings(&arguments, log, tls)?;
    let reported = Arc::clone(&progress);
    let mut loaded = on_thread(move || create(&arguments, settings, &output, reported))?;
    let mut ticks = tokio::time::interval(TICK);
    loop {
        tokio::select! {
            biased;
            // The thread ends with the process.
            code = signals.next() => return Err(Exit::Stopped(code)),
            loaded = &mut loaded => {
                let panicked = "loading the scenario panicked; see the log for details, and report this as a bug";
                return loaded.unwrap_or_else(|_| Err(Exit::failed(panicked)));
            }
            _ = ticks.tick() => shown.update(&progress),
        }
    }
}

/// Runs `work` on a separate thread.
///
/// # Errors
/// The thread cannot be started.
pub(super) fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>, Exit> {
    let (sender, receiver) = oneshot::channel();
    let thread = std::thread::Builder::new().name("loading".to_owned()).stack_size(STACK);
    thread.spawn(move || _ = sender.send(work())).map_err(Exit::failed)?;
    Ok(receiver)
}

fn settings(arguments: &ServeArguments, log: &Log, tls: Option<&Tls>) -> Result<Settings, Exit> {
    let certificate_authority = tls.and_then(Tls::authority).map(str::to_owned);
    Ok(Settings {
        allow_anonymous: arguments.allow_anonymous,
        verify_signatures: arguments.verify_signatures,
        signature_clock: match arguments.signature_clock {
            None | Some(cli::SignatureClock::Machine) => SignatureClock::Machine,
            Some(cli::SignatureClock::World) => SignatureClock::World,
            Some(cli::SignatureClock::Off) => SignatureClock::Off,
        },
        default_region: arguments.default_region.clone(),
        default_account: arguments.account,
        aws_rate_limits: arguments.aws_rate_limits,
        events: arguments.events,
        log: log.counters(),
        certificate_authority,
        journal: arguments.journal,
        metrics: !arguments.no_metrics,
        export_target: export_target(arguments)?,
        sink_directory: usable_directory("--sink-dir", arguments.sink_dir.as_deref())?,
        sink_trust: sink_trust(arguments)?,
        ui: !arguments.no_ui,
    })
}

fn sink_trust(arguments: &ServeArguments) -> Result<Trust, Exit> {
    let Some(path) = &arguments.sink_ca else { return Ok(Trust::default()) };
    let failed = |reason: String| Exit::failed(format!("--sink-ca {}: {reason}", path.display()));
    let pem = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    Trust::with(&pem).map_err(failed)
}

fn export_target(arguments: &ServeArguments) -> Result<ExportTarget, Exit> {
    if let Some(url) = &arguments.export_s3_endpoint {
        let endpoint = S3Endpoint::new(url, |name| std::env::var(name).ok());
        let invalid = |error| Exit::invalid(format!("securityhub-local: --export-s3-endpoint: {error}"));
        return endpoint.map(ExportTarget::S3).map_err(invalid);
    }
    let directory = usable_directory("--export-dir", arguments.export_dir.as_deref())?;
    Ok(directory.map_or(ExportTarget::Memory, ExportTarget::Directory))
}

/// Creates the directory of a flag unless it exists, and checks that files can be created in it.
fn usable_directory(flag: &str, directory: Option<&Path>) -> Result<Option<PathBuf>, Exit> {
    let Some(directory) = directory else { return Ok(None) };
    let checked = std::fs::create_dir_all(directory).and_then(|()| {
        let probe = directory.join(format!(".securityhub-local-{}", std::process::id()));
        std::fs::File::create(&probe)?;
        std::fs::remove_file(probe)
    });
    let path = directory.display();
    match checked {
        Ok(()) => Ok(Some(directory.to_owned())),
        Err(_) if directory.exists() && !directory.is_dir() => {
            Err(Exit::failed(format!("{flag}: {path} is not a directory")))
        }
        Err(error) => Err(Exit::failed(format!("{flag}: cannot write to {path}: {error}"))),
    }
}

fn create(
    arguments: &ServeArguments,
    settings: Settings,
    output: &LogOutput,
    progress: Arc<Progress>,
) -> Result<Loaded, Exit> {
    let scenario = match &arguments.scenario()[..] {
        [] => None,
        files => Some(scenario::load(files).map_err(Exit::invalid)?.with_progress(progress)),
    };
    if let Some(scenario) = &scenario {
        print_warnings(scenario, output);
    }
    if arguments.signature_clock.is_some() && !arguments.verify_signatures {
        output.print("warning: --signature-clock has no effect without --verify-signatures\n");
    }
    let paths = scenario.as_ref().map(Scenario::paths).unwrap_or_default();
    let service = match data_directory(arguments) {
        None => Service::new(settings, scenario).map_err(Exit::invalid)?,
        Some(directory) => open(settings, scenario, &directory, output)?,
    };
    service
        .check_default_region()
        .map_err(|error| Exit::invalid(format!("securityhub-local: --default-region: {error}")))?;
    Ok(Loaded { service, paths })
}

fn data_directory(arguments: &ServeArguments) -> Option<DataDirectory> {
    let durability = match arguments.durability {
        None | Some(cli::Durability::Process) => Durability::Process,
        Some(cli::Durability::Disk) => Durability::Disk,
    };
    let directory = |path: &PathBuf| DataDirectory { path: path.clone(), durability, recovers: arguments.recover };
    arguments.data_dir.as_ref().map(directory)
}

fn open(
    settings: Settings,
    scenario: Option<Scenario>,
    directory: &DataDirectory,
    output: &LogOutput,
) -> Result<Service, Exit> {
    let opened = Service::open(settings, scenario, directory).map_err(|error| match error {
        OpenError::Scenario(errors) => Exit::invalid(errors),
        OpenError::Directory(_) | OpenError::Unwritable(_) => Exit::failed(error),
    })?;
    for note in opened.notes {
        output.print(&format!("{note}\n"));
    }
    Ok(opened.service)
}

/// Prints the warnings of a scenario.
pub(super) fn print_warnings(scenario: &Scenario, output: &LogOutput) {
    if !scenario.warnings().is_empty() {
        output.print(&format!("{}\n", scenario.warnings().to_string().trim_end()));
    }
}

/// A progress bar on a terminal, or a line per second elsewhere.
struct Shown {
    start: Instant,
    output: LogOutput,
    has_bar: bool,
    bar: Option<ProgressBar>,
    /// The second of the last line.
    second: u64,
}

impl Shown {
    fn new(output: LogOutput) -> Shown {
        let has_bar = output.form == LogForm::Pretty && std::io::stderr().is_terminal();
        Shown { start: Instant::now(), output, has_bar, bar: None, second: 0 }
    }

    fn update(&mut self, progress: &Progress) {
        let elapsed = self.start.elapsed();
        if elapsed < SILENCE {
            return;
        }
        let [imported, total] = <[usize; 2]>::from(progress.counts()).map(|count| count as u64);
        if self.has_bar {
            let bar = self.bar.get_or_insert_with(bar);
            bar.set_length(total);
            bar.set_position(imported);
        } else if elapsed.as_secs() > self.second {
            self.second = elapsed.as_secs();
            self.output.say("INFO", &line(imported, total));
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} findings");
    ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10))
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

fn line(imported: u64, total: u64) -> String {
    match total {
        0 => "loading the scenario".to_owned(),
        _ => format!("loading the scenario: {} of {} findings", HumanCount(imported), HumanCount(total)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rules: CPL-145.
    #[test]
    fn progress_is_a_line_for_people() {
        assert_eq!(line(0, 0), "loading the scenario");
        assert_eq!(line(12_300, 100_000), "loading the scenario: 12,300 of 100,000 findings");
    }
}
