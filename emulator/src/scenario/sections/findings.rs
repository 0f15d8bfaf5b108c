//! `findings`: files and documents in ASFF or OCSF and generated findings, imported as if their products had sent them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ages::Ages;
use super::batches;
use super::generate::{self, Context, Generate};
use super::ocsf_findings::{self, Ocsf};
use crate::domain::findings::import::{Endpoint, Importer, Sender};
use crate::domain::findings::v2::native;
use crate::domain::findings::{delivery, import};
use crate::invariant::Invariant;
use crate::scenario::check::{Check, not_null};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::files::{FileId, Files, Span};
use crate::scenario::progress::Progress;
use crate::scenario::spanned::Spanned;
use crate::state::{AccountId, FindingsTransaction, Region, Timestamp, World};

/// A source of findings: a file pattern, findings in OCSF, or a generator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Findings", extend("minProperties" = 1, "maxProperties" = 1))]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// JSON files with findings, such as findings/*.json, relative to the directory of this file. A file contains one
    /// finding, a list of findings, or an input of BatchImportFindings: {"Findings": [...]}. A finding with class_uid is
    /// in OCSF, any other in ASFF.
    #[schemars(transform = not_null)]
    file: Option<Spanned<String>>,
    /// Findings that exist only in OCSF, which the V2 half shows: a pattern of JSON files, as for file, or a list of
    /// findings. Attributes that follow from others, such as class_name and metadata.uid, may be absent.
    #[schemars(transform = not_null)]
    ocsf: Option<Spanned<ocsf_findings::Declared>>,
    /// Realistic findings generated from the seed of the scenario.
    #[schemars(transform = not_null)]
    generate: Option<generate::Declared>,
}

/// The sources of findings, in the order in which they are imported.
#[derive(Debug)]
pub(in crate::scenario) struct Valid(Vec<Source>);

#[derive(Debug)]
enum Source {
    File(Vec<Finding>),
    Ocsf(Vec<Ocsf>),
    Generate(Generate),
}

impl Source {
    /// The number of findings.
    fn len(&self) -> usize {
        match self {
            Source::File(findings) => findings.len(),
            Source::Ocsf(findings) => findings.len(),
            Source::Generate(generate) => generate.count(),
        }
    }
}

#[derive(Debug)]
pub(super) struct Finding {
    span: Span,
    /// Its position in its file, from 1.
    position: usize,
}

impl Finding {
    /// Its first byte, to show where it begins.
    pub(super) fn start(&self) -> Span {
        Span { end: self.span.start + 1, ..self.span }
    }
}

/// Checks the sources: finds the files and splits them into findings.
pub(super) fn check(written: &[Declared], context: &Context<'_>, ages: &Ages, check: &mut Check) -> Valid {
    let mut sources = Vec::with_capacity(written.len());
    for (sequence, source) in (1..).zip(written) {
        // The schema requires exactly one of them.
        if let Some(file) = &source.file {
            sources.extend(files(file, ages, check));
        }
        if let Some(written) = &source.ocsf {
            sources.extend(ocsf_source(written, ages, check));
        }
        if let Some(written) = &source.generate {
            sources.extend(generate::check(written, sequence, context, check).map(Source::Generate));
        }
    }
    Valid(sources)
}

/// The sources of `ocsf`: each of its findings must be in OCSF.
fn ocsf_source(written: &Spanned<ocsf_findings::Declared>, ages: &Ages, check: &mut Check) -> Vec<Source> {
    let pattern = match &written.value {
        ocsf_findings::Declared::Files(pattern) => Spanned { value: pattern.clone(), span: written.span },
        ocsf_findings::Declared::Listed(nodes) => {
            let findings = ocsf_findings::listed(nodes, check);
            Ages::warn_of_hidden(findings.iter().map(|it| (it.start, ages.is_hidden(&it.finding))), "list", check);
            return vec![Source::Ocsf(findings)];
        }
    };
    let sources = files(&pattern, ages, check);
    for source in &sources {
        let Source::File(findings) = source else { continue };
        for finding in findings {
            let message = format!("finding {} of this file has no `class_uid`", finding.position);
            check.push(
                check.at(finding.start(), message).expected("a finding in OCSF; use `file` for findings in ASFF"),
            );
        }
    }
    sources
}

/// Finds and reads files, and splits them into findings. Neighbouring findings of one format are one source.
fn files(pattern: &Spanned<String>, ages: &Ages, check: &mut Check) -> Vec<Source> {
    let mut sources = Vec::new();
    for path in check.find(pattern, "findings/*.json") {
        match check.files.read(&path) {
            Ok(id) => {
                let of_file = cut(id, check);
                ages.warn_of_old(&of_file, check);
                let mut hidden = Vec::new();
                for finding in of_file {
                    let start = finding.start();
                    hidden.push((start, add(&mut sources, finding, ages, check)));
                }
                Ages::warn_of_hidden(hidden, "file", check);
            }
            Err(diagnostic) => check.push(*diagnostic),
        }
    }
    sources
}

/// Adds a finding of a file to the last source, or to a new one if that has the other format. Returns whether the V2 half
/// does not show it.
fn add(sources: &mut Vec<Source>, finding: Finding, ages: &Ages, check: &mut Check) -> bool {
    let text = text_of(&check.files, finding.span);
    if native::has_class(text) {
        let ocsf = serde_json::from_str(text).unwrap_or_default();
        let ocsf = ocsf_findings::of_file(ocsf, finding.start(), finding.position, check);
        let is_hidden = ocsf.as_ref().is_some_and(|it| ages.is_hidden(&it.finding));
        match sources.last_mut() {
            Some(Source::Ocsf(findings)) => findings.extend(ocsf),
            _ => sources.push(Source::Ocsf(ocsf.into_iter().collect())),
        }
        return is_hidden;
    }
    let is_hidden = ages.is_hidden_asff(text);
    match sources.last_mut() {
        Some(Source::File(findings)) => findings.push(finding),
        _ => sources.push(Source::File(vec![finding])),
    }
    is_hidden
}

impl Finding {
    /// Its text.
    pub(super) fn text<'f>(&self, files: &'f Files) -> &'f str {
        text_of(files, self.span)
    }
}

/// The text of a finding.
fn text_of(files: &Files, span: Span) -> &str {
    let Span { file, start, end } = span;
    files
        .get(file)
        .and_then(|file| file.text.get(start..end))
        .or_report("a span is a range of its file")
        .unwrap_or_default()
}

/// Splits a file into findings: one object, a list, or `{"Findings": [...]}`.
fn cut(file: FileId, check: &mut Check) -> Vec<Finding> {
    let Some(text) = check.files.get(file).map(|file| file.text.clone()) else { return Vec::new() };
    let whole = Span::new(file, 0, text.len());
    match delivery::pieces(&text) {
        Ok(pieces) => {
            let mut findings = Vec::with_capacity(pieces.len());
            for (index, piece) in pieces.into_iter().enumerate() {
                let finding = Finding { span: Span::new(file, piece.start, piece.end), position: index + 1 };
                if text.get(piece).is_some_and(|text| text.starts_with('{')) {
                    findings.push(finding);
                } else {
                    let message = format!("finding {} of this file is not a JSON object", finding.position);
                    check.push(check.at(finding.start(), message).expected("a finding, {...}"));
                }
            }
            findings
        }
        Err(error) => {
            let span = span_of(&error, &text, whole);
            let error = error.to_string();
            let message = error.rsplit_once(" at line ").map_or(&*error, |(message, _)| message);
            let diagnostic = check.at(span, format!("invalid JSON: {message}"));
            check.push(diagnostic.expected("a finding, a list of findings or {\"Findings\": [...]}"));
            Vec::new()
        }
    }
}

/// The span at which the JSON parser stopped.
fn span_of(error: &serde_json::Error, text: &str, whole: Span) -> Span {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let start = (before + error.column().saturating_sub(1)).min(text.len());
    Span::new(whole.file, start, start + 1)
}

/// Maximum number of generated findings of a source that are imported to find more errors of a scenario that has some.
const MAX_GENERATED_AFTER_ERRORS: usize = 10_000;

/// Returns whether a refused finding of this account and `ProductArn` could be imported if the scenario had no errors.
pub(in crate::scenario) type IsUnsure<'a> = dyn Fn(AccountId, &str) -> bool + 'a;

/// Imports all findings, each into the Region of its product.
///
/// # Errors
/// All findings that AWS would refuse, with its messages.
pub(in crate::scenario) fn apply(valid: &Valid, import: &Import<'_>, seed: u64) -> Result<(), Vec<Diagnostic>> {
    let mut transaction = import.world.write_findings();
    import.progress.begin(valid.0.iter().map(Source::len).sum());
    let mut diagnostics = Vec::new();
    for source in &valid.0 {
        match source {
            Source::File(findings) => diagnostics.extend(import.all_of_file(&mut transaction, findings)),
            Source::Ocsf(findings) => diagnostics.extend(import.all_of_ocsf(&mut transaction, findings)),
            Source::Generate(generate) if import.is_unsure.is_some() => {
                let generate = generate.reduced(MAX_GENERATED_AFTER_ERRORS);
                diagnostics.extend(import.generated(&mut transaction, &generate, seed));
            }
            Source::Generate(generate) => diagnostics.extend(import.generated(&mut transaction, generate, seed)),
        }
    }
    transaction.commit();
    if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
}

/// The world that receives findings.
pub(in crate::scenario) struct Import<'w> {
    pub(in crate::scenario) files: &'w Files,
    pub(in crate::scenario) world: &'w World,
    pub(in crate::scenario) now: Timestamp,
    pub(in crate::scenario) progress: &'w Progress,
    /// Given after errors in the scenario.
    pub(in crate::scenario) is_unsure: Option<&'w IsUnsure<'w>>,
}

impl Import<'_> {
    /// Returns whether a finding of this owner and product could perhaps be imported.
    fn is_unsure(&self, account: AccountId, product_arn: &str) -> bool {
        self.is_unsure.is_some_and(|is_unsure| is_unsure(account, product_arn))
    }

    fn all_of_file(&self, transaction: &mut FindingsTransaction<'_>, findings: &[Finding]) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for finding in findings {
            self.progress.add(1);
            if let Err(Some(sentence)) = self.finding(transaction, finding) {
                let message = format!("Security Hub rejects finding {} of this file: {sentence}", finding.position);
                diagnostics.push(Diagnostic::at(self.files, finding.start(), message));
            }
        }
        diagnostics
    }

    fn all_of_ocsf(&self, transaction: &mut FindingsTransaction<'_>, findings: &[Ocsf]) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for Ocsf { start, name, finding } in findings {
            self.progress.add(1);
            let Err(reason) = native::store(transaction, self.world, self.now, finding) else { continue };
            let account = AccountId::parse(&finding.account);
            if !account.is_some_and(|account| self.is_unsure(account, "")) {
                let message = format!("Security Hub rejects {name}: {reason}");
                diagnostics.push(Diagnostic::at(self.files, *start, message));
            }
        }
        diagnostics
    }

    /// Imports a finding.
    ///
    /// # Errors
    /// The sentence that refuses it; `None` if the reason may be an error of the scenario that was reported already.
    fn finding(&self, transaction: &mut FindingsTransaction<'_>, finding: &Finding) -> Result<(), Option<String>> {
        let text = text_of(self.files, finding.span);
        let sent = import::read_finding(text).map_err(|_| Some("invalid JSON".to_owned()))?;
        let account = import::string(&sent, "AwsAccountId").and_then(|account| AccountId::parse(&account));
        let product_arn = import::string(&sent, "ProductArn").unwrap_or_default().into_owned();
        let outcome = delivery::deliver(transaction, self.world, self.now, &[sent])
            .map_err(|error| Some(error.message.into_owned()))?;
        match outcome.failed.into_iter().next() {
            Some(failed) => {
                let is_unsure = account.is_some_and(|account| self.is_unsure(account, &product_arn));
                Err((failed.code != "InvalidAccess" || !is_unsure).then_some(failed.message))
            }
            None => Ok(()),
        }
    }

    /// Generates findings and imports them in batches per Region. Hubs do not change in the meantime, so information
    /// about products and accounts is shared by all batches.
    fn generated(&self, transaction: &mut FindingsTransaction<'_>, generate: &Generate, seed: u64) -> Vec<Diagnostic> {
        let Import { world, now, .. } = *self;
        let directory = world.directory();
        let regions = generate.regions();
        let endpoint = |region| Endpoint { world, directory: &directory, region, now };
        let endpoints: Vec<Endpoint<'_>> = regions.iter().map(endpoint).collect();
        let mut importers: BTreeMap<&Region, Importer<'_, '_>> =
            endpoints.iter().map(|endpoint| (endpoint.region, Importer::new(endpoint))).collect();
        let mut refused: BTreeMap<String, usize> = BTreeMap::new();
        let made = batches::each(generate, seed, now, |mut batch| {
            let Some(importer) = importers.get_mut(&batch.region).or_report("each Region of a request has an importer")
            else {
                return;
            };
            let count = batch.len();
            self.progress.add(count);
            match importer.batch(transaction, Sender::Product, &batch.items()) {
                Ok(outcome) => {
                    outcome.failed.into_iter().for_each(|failed| *refused.entry(failed.message).or_default() += 1);
                }
                Err(error) => *refused.entry(error.message.into_owned()).or_default() += count,
            }
        });
        if let Err(error) = made {
            return vec![Diagnostic::at(self.files, generate.span, error.to_string())];
        }
        if generate.accounts().into_iter().any(|account| self.is_unsure(account, "")) {
            return Vec::new();
        }
        let refusals = generate.refusals(&refused).into_iter();
        refusals.map(|message| Diagnostic::at(self.files, generate.span, message)).collect()
    }
}
