//! Generates findings in batches per Region. A separate thread generates and reads them, so that the importing thread
//! only imports.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc;
use std::thread;

use super::generate::Generate;
use crate::domain::findings::{delivery, import};
use crate::generate::{Findings, TemplateError};
use crate::invariant::Invariant;
use crate::shape::items::Item;
use crate::shape::scan::Span;
use crate::state::{Region, Timestamp};

/// Maximum number of batches waiting to be imported.
const MAX_WAITING_BATCHES: usize = 4;
/// The number of findings from which a separate thread is worthwhile.
const THREAD_THRESHOLD: usize = 1_000;

/// Findings of one Region.
pub(super) struct Batch {
    pub(super) region: Region,
    /// The concatenated texts of all findings.
    text: String,
    findings: Vec<Read>,
}

/// A finding of a batch.
struct Read {
    /// Its range in the text.
    range: Range<usize>,
    /// Its members; `None` if the finding must be read in the slow path.
    members: Option<Vec<Span>>,
}

impl Batch {
    fn new(region: Region, text: Vec<u8>, ends: &[usize]) -> Batch {
        let text = String::from_utf8(text).or_report("generated findings are UTF-8").unwrap_or_default();
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let read = |(start, end): (usize, &usize)| {
            let range = start..*end;
            let members = match text.get(range.clone()).map(import::read_finding) {
                Some(Ok(Item::Faultless { members, .. })) => Some(members),
                _ => None,
            };
            Read { range, members }
        };
        let findings = starts.zip(ends).map(read).collect();
        Batch { region, text, findings }
    }

    /// The number of findings.
    pub(super) fn len(&self) -> usize {
        self.findings.len()
    }

    /// The findings in the form in which they are imported.
    pub(super) fn items(&mut self) -> Vec<Item<'_>> {
        let text = &*self.text;
        let item = |read: &mut Read| {
            let text = text.get(read.range.clone()).or_report("a finding is a range of its batch")?;
            match read.members.take() {
                Some(members) => Some(Item::Faultless { text: text.into(), members }),
                None => import::read_finding(text).or_report("generated findings are JSON"),
            }
        };
        self.findings.iter_mut().filter_map(item).collect()
    }
}

/// Generates all batches, in order.
///
/// # Errors
/// The error of a template.
pub(super) fn each(
    generate: &Generate,
    seed: u64,
    now: Timestamp,
    import: impl FnMut(Batch),
) -> Result<(), TemplateError> {
    let findings = generate.findings(seed, now)?;
    if findings.size_hint().0 < THREAD_THRESHOLD {
        make(findings, import);
        return Ok(());
    }
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(MAX_WAITING_BATCHES);
        let maker = move || make(findings, |batch| _ = sender.send(batch));
        match thread::Builder::new().name("findings".to_owned()).spawn_scoped(scope, maker) {
            Ok(_) => receiver.into_iter().for_each(import),
            // No thread could be started, so the current one does the work.
            Err(_) => make(generate.findings(seed, now)?, import),
        }
        Ok(())
    })
}

/// Findings of a Region that are collected until their batch is full.
#[derive(Default)]
struct Open {
    text: Vec<u8>,
    ends: Vec<usize>,
}

fn make(mut findings: Findings, mut take: impl FnMut(Batch)) {
    let mut open: BTreeMap<Region, Open> = BTreeMap::new();
    let mut text = Vec::new();
    while let Some(hub) = findings.write_next(&mut text) {
        let region = &hub.region;
        if !open.contains_key(region) {
            open.insert(region.clone(), Open::default());
        }
        if let Some(waiting) = open.get_mut(region) {
            waiting.text.extend_from_slice(&text);
            waiting.ends.push(waiting.text.len());
            if waiting.ends.len() == delivery::BATCH {
                let room = Vec::with_capacity(waiting.text.len() * 9 / 8);
                take(Batch::new(region.clone(), std::mem::replace(&mut waiting.text, room), &waiting.ends));
                waiting.ends.clear();
            }
        }
        text.clear();
    }
    for (region, Open { text, ends }) in open {
        take(Batch::new(region, text, &ends));
    }
}
