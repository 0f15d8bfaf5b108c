//! The definition of a sink: the events that it selects, and its target.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use http::{HeaderName, HeaderValue};
use serde_json::Value;
use tokio::sync::mpsc::Sender;

use crate::domain::events::filter::EventFilter;
use crate::domain::events::pattern::EventPattern;
use crate::http_client::HttpUrl;
use crate::state::{AccountId, Event, EventSink, IdSource, Region, SinkKind};

/// Default and maximum number of retries.
const RETRIES: u32 = 10;
const MAX_RETRIES: u32 = 1000;
/// Default and maximum number of queued events.
const QUEUE_SIZE: usize = 10_000;
const MAX_QUEUE_SIZE: usize = 1_000_000;
/// The first part of the source of all events, which a prefix replaces (FWD-05).
const SOURCE_PREFIX: &str = "aws";
const BUS: &str = "default";

/// An invalid member of a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The name of the member.
    pub member: &'static str,
    /// The reason, which does not name the member.
    pub message: String,
}

impl Mistake {
    fn new(member: &'static str, message: impl Into<String>) -> Mistake {
        Mistake { member, message: message.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "member '{}': {}", self.member, self.message)
    }
}

/// The files that a sink may write.
#[derive(Clone, Copy, Debug)]
pub enum FilesBelow<'p> {
    /// Any file; relative paths are relative to this directory.
    Anywhere(&'p Path),
    /// Files below this directory; `None` forbids all files.
    Directory(Option<&'p Path>),
}

/// A valid sink.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The members as declared, with all defaults.
    declared: EventSink,
    /// The target of deliveries.
    pub target: Target,
    /// The events that its pattern selects.
    filter: EventFilter,
    /// The accounts that must have received an event; `None` for all.
    accounts: Option<Vec<AccountId>>,
    /// The Regions that must have received an event; `None` for all.
    regions: Option<Vec<Region>>,
    /// Maximum number of retries of a delivery.
    pub retries: u32,
    /// Maximum number of queued events.
    pub queue_size: usize,
    /// `true` if the sink receives and delivers events.
    pub is_enabled: bool,
}

/// The target of the deliveries of a sink.
#[derive(Clone, Debug)]
pub enum Target {
    /// HTTP requests with one event each.
    Webhook {
        /// The URL.
        url: HttpUrl,
        /// Further headers.
        headers: Vec<(HeaderName, HeaderValue)>,
    },
    /// Lines of a file.
    File {
        /// The file.
        path: PathBuf,
    },
    /// Calls of `PutEvents`.
    EventBridge {
        /// The endpoint.
        url: HttpUrl,
        /// The event bus.
        bus: String,
        /// The text that replaces `aws` in the source of events.
        source_prefix: String,
    },
    /// Messages of a channel.
    Channel(Sender<Value>),
}

impl Definition {
    /// Checks the members.
    ///
    /// # Errors
    /// The first invalid member.
    pub fn new(mut declared: EventSink, files: FilesBelow<'_>) -> Result<Definition, Mistake> {
        let target = target(&mut declared, files)?;
        let retries = *declared.retries.get_or_insert(RETRIES);
        if retries > MAX_RETRIES {
            return Err(Mistake::new("Retries", format!("{retries} is not between 0 and {MAX_RETRIES}")));
        }
        let queue_size = *declared.queue_size.get_or_insert(QUEUE_SIZE);
        if !(1..=MAX_QUEUE_SIZE).contains(&queue_size) {
            return Err(Mistake::new("QueueSize", format!("{queue_size} is not between 1 and {MAX_QUEUE_SIZE}")));
        }
        let account = |text: &String| {
            let wrong = || Mistake::new("Accounts", format!("{text:?} is not a valid account ID (expected 12 digits)"));
            AccountId::parse(text).ok_or_else(wrong)
        };
        let accounts = declared.accounts.as_ref().map(|accounts| accounts.iter().map(account).collect()).transpose()?;
        let region = |name: &String| Region::new(name);
        let regions = declared.regions.as_ref().map(|regions| regions.iter().map(region).collect());
        let is_enabled = *declared.enabled.get_or_insert(true);
        let pattern = declared.pattern.as_mut().map(pattern).transpose()?;
        let filter = EventFilter { pattern, ..EventFilter::default() };
        Ok(Definition { declared, target, filter, accounts, regions, retries, queue_size, is_enabled })
    }

    /// A sink that delivers all events to a channel.
    pub fn channel(sender: Sender<Value>) -> Definition {
        let declared = EventSink {
            retries: Some(RETRIES),
            queue_size: Some(QUEUE_SIZE),
            enabled: Some(true),
            ..EventSink::new(SinkKind::Channel)
        };
        Definition {
            declared,
            target: Target::Channel(sender),
            filter: EventFilter::default(),
            accounts: None,
            regions: None,
            retries: RETRIES,
            queue_size: QUEUE_SIZE,
            is_enabled: true,
        }
    }

    /// The members as declared, with all defaults.
    pub fn declared(&self) -> &EventSink {
        &self.declared
    }

    /// Returns whether accounts and Regions select an event. The pattern is not evaluated.
    pub fn matches_receiver(&self, event: &Event) -> bool {
        let accounts = self.accounts.as_ref().is_none_or(|accounts| accounts.contains(&event.receiver.account));
        accounts && self.covers(&event.receiver.region)
    }

    /// Returns whether the sink receives announcements of a Region. Announcements are not events, so sinks with a
    /// pattern and sinks of type EventBridge do not receive them.
    pub fn receives_announcements(&self, region: &Region) -> bool {
        let takes = !matches!(self.target, Target::EventBridge { .. });
        takes && self.is_enabled && self.filter.pattern.is_none() && self.covers(region)
    }

    /// Returns whether events must match a pattern.
    pub fn has_pattern(&self) -> bool {
        self.filter.pattern.is_some()
    }

    /// Returns whether the pattern selects an event.
    pub fn selects(&self, event: &Event, ids: &IdSource) -> bool {
        self.filter.matches(event, ids)
    }

    fn covers(&self, region: &Region) -> bool {
        self.regions.as_ref().is_none_or(|regions| regions.contains(region))
    }
}

/// Reads the pattern, which is an object or the JSON text of an object, and replaces `written` with the object.
fn pattern(written: &mut Value) -> Result<EventPattern, Mistake> {
    let text = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
    let read = EventPattern::read(&text).map_err(|reason| Mistake::new("Pattern", reason))?;
    if let Ok(object) = serde_json::from_str(&text) {
        *written = object;
    }
    Ok(read)
}

/// Reads the target, and adds defaults to `declared`.
fn target(declared: &mut EventSink, files: FilesBelow<'_>) -> Result<Target, Mistake> {
    use SinkKind::{Channel, EventBridge, File, Webhook};
    // A member without effect is a mistake.
    for (member, is_given, kinds) in [
        ("Url", declared.url.is_some(), &[Webhook, EventBridge][..]),
        ("Path", declared.path.is_some(), &[File]),
        ("Headers", declared.headers.is_some(), &[Webhook]),
        ("BusName", declared.bus_name.is_some(), &[EventBridge]),
        ("SourcePrefix", declared.source_prefix.is_some(), &[EventBridge]),
    ] {
        if is_given && !kinds.contains(&declared.kind) {
            let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
            return Err(Mistake::new(member, format!("only sinks of type {} have this member", names.join(" and "))));
        }
    }
    Ok(match declared.kind {
        Webhook => Target::Webhook { url: url(declared)?, headers: headers(declared)? },
        EventBridge => event_bridge(declared)?,
        File => Target::File { path: file(declared, files)? },
        Channel => return Err(Mistake::new("Type", "only a Rust program can add a channel")),
    })
}

fn url(declared: &EventSink) -> Result<HttpUrl, Mistake> {
    let expected = "expected a URL such as http://127.0.0.1:8080/hook";
    let missing = || Mistake::new("Url", format!("missing; {expected}"));
    let url = declared.url.as_deref().ok_or_else(missing)?;
    HttpUrl::read(url, expected).map_err(|message| Mistake::new("Url", message))
}

fn headers(declared: &mut EventSink) -> Result<Vec<(HeaderName, HeaderValue)>, Mistake> {
    let is_ours = |name: &HeaderName| {
        ["host", "content-length", "content-type", "transfer-encoding", "connection"].contains(&name.as_str())
            || name.as_str().starts_with("x-emulator-")
    };
    let header = |(name, value): (&String, &String)| {
        let wrong = |message: String| Mistake::new("Headers", message);
        let read: HeaderName = name.parse().map_err(|_| wrong(format!("{name:?} is not a valid header name")))?;
        if is_ours(&read) {
            return Err(wrong(format!("the emulator sets '{name}' itself")));
        }
        let value = value.parse().map_err(|_| wrong(format!("the value of '{name}' is not a valid header value")))?;
        Ok((read, value))
    };
    declared.headers.get_or_insert_default().iter().map(header).collect()
}

fn event_bridge(declared: &mut EventSink) -> Result<Target, Mistake> {
    let url = url(declared)?;
    if !url.is_root() {
        let message = "expected the URL of an endpoint without a path, such as http://127.0.0.1:5000";
        return Err(Mistake::new("Url", format!("{} has a path; {message}", url.as_str())));
    }
    let bus = declared.bus_name.get_or_insert_with(|| BUS.to_owned()).clone();
    if bus.is_empty() || bus.len() > 256 {
        return Err(Mistake::new("BusName", "expected the name of an event bus"));
    }
    let prefix = declared.source_prefix.get_or_insert_with(|| SOURCE_PREFIX.to_owned()).clone();
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if prefix.is_empty() || !prefix.bytes().all(is_allowed) {
        let message = format!("{prefix:?} is not valid; expected letters, digits, '.', '_' and '-', such as local");
        return Err(Mistake::new("SourcePrefix", message));
    }
    Ok(Target::EventBridge { url, bus, source_prefix: prefix })
}

/// Returns the absolute path of the file.
fn file(declared: &mut EventSink, files: FilesBelow<'_>) -> Result<PathBuf, Mistake> {
    let wrong = |message: String| Mistake::new("Path", message);
    let given = declared.path.as_deref().filter(|path| !path.is_empty());
    let given = given.ok_or_else(|| wrong("missing; expected a file such as events.jsonl".to_owned()))?;
    if given.contains('\0') {
        return Err(wrong("a path cannot contain a NUL character".to_owned()));
    }
    let path = match files {
        FilesBelow::Anywhere(folder) => folder.join(given),
        FilesBelow::Directory(None) => {
            let message = "files are not allowed; start the emulator with --sink-dir DIRECTORY";
            return Err(wrong(message.to_owned()));
        }
        FilesBelow::Directory(Some(folder)) => below(folder, given).map_err(wrong)?,
    };
    let path = std::path::absolute(&path).map_err(|error| wrong(format!("{given}: {error}")))?;
    declared.path = Some(path.display().to_string());
    Ok(path)
}

/// Returns the path of a file below a directory. Symbolic links in existing directories are followed.
fn below(folder: &Path, given: &str) -> Result<PathBuf, String> {
    let outside = || format!("{given} is not a file below the directory of --sink-dir, {}", folder.display());
    let folder = std::path::absolute(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let path = folder.join(given);
    let leads_back = Path::new(given).components().any(|component| component == Component::ParentDir);
    let leads_nowhere = path.is_symlink() && !path.exists();
    let is_directory = path == folder || given.ends_with('/') || path.is_dir();
    if leads_back || leads_nowhere || is_directory || !path.starts_with(&folder) {
        return Err(outside());
    }
    let root = existing(&folder).ok_or_else(outside)?;
    if existing(&path).is_some_and(|found| found.starts_with(root)) { Ok(path) } else { Err(outside()) }
}

/// Returns the nearest existing ancestor of a path, or the path itself, without symbolic links.
fn existing(path: &Path) -> Option<PathBuf> {
    path.ancestors().find_map(|path| path.canonicalize().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn sink(kind: SinkKind) -> EventSink {
        let url = (kind != SinkKind::File).then(|| "http://127.0.0.1:8080".to_owned());
        EventSink { url, ..EventSink::new(kind) }
    }

    fn refusal(declared: EventSink, files: FilesBelow<'_>) -> String {
        Definition::new(declared, files).unwrap_err().to_string()
    }

    const NO_FILES: FilesBelow<'static> = FilesBelow::Directory(None);

    /// Rules: CPL-82.
    #[test]
    fn wrong_members_are_named() {
        let text = |text: &str| Some(text.to_owned());
        let headers = |name: &str| Some(BTreeMap::from([(name.to_owned(), "x".to_owned())]));
        let [webhook, bridge, file] = [SinkKind::Webhook, SinkKind::EventBridge, SinkKind::File].map(sink);
        let (webhook, bridge, file) = (|| webhook.clone(), || bridge.clone(), || file.clone());
        for (declared, expected) in [
            (EventSink { url: None, ..webhook() }, "member 'Url': missing; expected a URL such as"),
            (EventSink { url: text("ftp://a"), ..webhook() }, "member 'Url': invalid URL ftp://a; expected a URL"),
            (
                EventSink { url: text("http://a:99999"), ..webhook() },
                "member 'Url': invalid URL http://a:99999: the port",
            ),
            (EventSink { url: text("http://a/b"), ..bridge() }, "member 'Url': http://a/b has a path"),
            (EventSink { path: text("x"), ..webhook() }, "member 'Path': only sinks of type file have this member"),
            (
                EventSink { url: text("x"), ..file() },
                "member 'Url': only sinks of type webhook and eventbridge have this member",
            ),
            (EventSink { bus_name: text("x"), ..webhook() }, "member 'BusName': only sinks of type eventbridge"),
            (
                EventSink { headers: headers("a b"), ..webhook() },
                "member 'Headers': \"a b\" is not a valid header name",
            ),
            (EventSink { headers: headers("Host"), ..webhook() }, "member 'Headers': the emulator sets 'Host' itself"),
            (EventSink { headers: headers("x"), ..bridge() }, "member 'Headers': only sinks of type webhook"),
            (EventSink { source_prefix: text("a b"), ..bridge() }, "member 'SourcePrefix': \"a b\" is not valid"),
            (EventSink { retries: Some(1001), ..webhook() }, "member 'Retries': 1001 is not between 0 and 1000"),
            (EventSink { queue_size: Some(0), ..webhook() }, "member 'QueueSize': 0 is not between 1 and 1000000"),
            (
                EventSink { accounts: Some(vec!["1".to_owned()]), ..webhook() },
                "member 'Accounts': \"1\" is not a valid account ID",
            ),
            (
                EventSink { pattern: Some(json!({ "a": [] })), ..webhook() },
                "member 'Pattern': Event pattern is not valid",
            ),
            (EventSink { path: text("x"), ..file() }, "member 'Path': files are not allowed; start the emulator with"),
            (file(), "member 'Path': missing"),
        ] {
            let message = refusal(declared, NO_FILES);
            assert!(message.starts_with(expected), "{message}\n{expected}");
        }
    }

    /// Rules: CPL-82.
    #[test]
    fn members_have_defaults_and_can_be_sent_again() {
        let shown = |declared: EventSink| {
            let shown = Definition::new(declared, NO_FILES).unwrap().declared().clone();
            assert_eq!(Definition::new(shown.clone(), NO_FILES).unwrap().declared(), &shown);
            serde_json::to_value(shown).unwrap()
        };
        assert_eq!(
            shown(sink(SinkKind::Webhook)),
            json!({
                "Type": "webhook", "Url": "http://127.0.0.1:8080", "Headers": {}, "Retries": 10, "QueueSize": 10_000,
                "Enabled": true,
            })
        );
        let pattern = json!({ "detail-type": ["x"] });
        let bridge = shown(EventSink { pattern: Some(pattern.to_string().into()), ..sink(SinkKind::EventBridge) });
        assert_eq!((&bridge["Pattern"], &bridge["BusName"]), (&pattern, &json!("default")));
        assert_eq!(bridge["SourcePrefix"], "aws");
    }

    /// Rules: CPL-84.
    #[test]
    fn a_call_only_names_files_below_the_directory_for_sinks() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("sinks");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(folder.path().join("other.jsonl"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), root.join("up")).unwrap();
        std::os::unix::fs::symlink(folder.path().join("new.jsonl"), root.join("nowhere")).unwrap();
        let file = |path: &str| EventSink { path: Some(path.to_owned()), ..sink(SinkKind::File) };
        let below = FilesBelow::Directory(Some(&root));
        let path = |given: &str| match Definition::new(file(given), below).unwrap().target {
            Target::File { path } => path,
            other => panic!("{other:?}"),
        };
        assert_eq!(path("a.jsonl"), root.join("a.jsonl"));
        assert_eq!(path("new/a.jsonl"), root.join("new/a.jsonl"));
        assert_eq!(path(root.join("b").to_str().unwrap()), root.join("b"));
        for given in
            ["../a.jsonl", "/etc/a.jsonl", "up/other.jsonl", "up/new.jsonl", "nowhere", "x/../../a", ".", "new/", "./"]
        {
            let message = refusal(file(given), below);
            assert!(message.contains("is not a file below the directory of --sink-dir"), "{given}: {message}");
        }
        let absent = root.join("absent");
        let message = refusal(file("."), FilesBelow::Directory(Some(&absent)));
        assert!(message.contains("is not a file below"), "{message}");
        assert!(refusal(file("a\0b"), below).contains("NUL"));
        let anywhere = Definition::new(file("../a.jsonl"), FilesBelow::Anywhere(&root)).unwrap();
        assert!(matches!(anywhere.target, Target::File { path } if path.ends_with("sinks/../a.jsonl")));
    }
}
