//! `generate`: realistic findings on standard output.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::exit::Exit;
use super::output;
use super::values::{account, region, switch, time};
use crate::generate::{self, Findings, Product, Request};
use crate::invariant::Invariant;
use crate::state::{AccountId, Clock, HubKey, Region, Timestamp};

pub(super) const HELP: &str = "\
Generate a file that a scenario can load with `findings: [{ file: guardduty.json }]`:
  securityhub-local generate --product guardduty --count 1000 > guardduty.json

Generate reproducible findings: the same seed and time give the same output, byte for byte:
  securityhub-local generate --product inspector --seed 7 \\
    --now 2026-01-15T09:00:00Z --account 111111111111,222222222222

Import findings through the API, one call per line. An account can only send findings of its own \
product, not those of AWS products, so this needs --private-product:
  securityhub-local generate --product all --private-product \\
    --account 111111111111 --format import |
    while read -r body; do
      printf %s \"$body\" |
        aws securityhub batch-import-findings --cli-input-json file:///dev/stdin
    done

A scenario can also generate findings itself, without a file:
  findings: [{ generate: { product: guardduty, count: 1000 } }]

Exit codes: 0 success; 1 standard output cannot be written; 2 invalid arguments.";

#[derive(Args)]
pub(super) struct GenerateArguments {
    /// Product to generate findings of; `all` mixes the products
    #[arg(
        long,
        value_name = "PRODUCT",
        env = "SECURITYHUB_LOCAL_PRODUCT",
        value_parser = PossibleValuesParser::new(Product::all().map(Product::name).chain(["all"]))
    )]
    pub(super) product: String,

    /// Number of findings
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_COUNT", default_value_t = 100)]
    pub(super) count: usize,

    /// Account that owns the findings; can be repeated to spread the findings over several accounts
    #[arg(
        long,
        value_name = "ACCOUNT",
        env = "SECURITYHUB_LOCAL_ACCOUNT",
        default_value = "000000000000",
        value_delimiter = ',',
        value_parser = account
    )]
    pub(super) account: Vec<AccountId>,

    /// Region of the findings; can be repeated to spread the findings over several Regions
    #[arg(
        long,
        value_name = "REGION",
        env = "SECURITYHUB_LOCAL_REGION",
        default_value = "us-east-1",
        value_delimiter = ',',
        value_parser = region
    )]
    pub(super) region: Vec<Region>,

    /// Maximum age of the findings, in days
    #[arg(
        long,
        value_name = "DAYS",
        env = "SECURITYHUB_LOCAL_DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(0..=365)
    )]
    pub(super) days: u32,

    /// Random seed. The same seed gives the same findings; products generated with the same seed share resources
    #[arg(long, value_name = "NUMBER", env = "SECURITYHUB_LOCAL_SEED", default_value_t = 0)]
    pub(super) seed: u64,

    /// Latest time in the findings, such as 2026-01-15T09:00:00Z [default: now]
    #[arg(long, value_name = "TIME", env = "SECURITYHUB_LOCAL_NOW", value_parser = time)]
    pub(super) now: Option<Timestamp>,

    /// Use the account's private product as the product, so that the account can import the findings itself
    #[arg(long, env = "SECURITYHUB_LOCAL_PRIVATE_PRODUCT", value_parser = switch)]
    pub(super) private_product: bool,

    /// Output format
    #[arg(
        long,
        value_name = "FORMAT",
        env = "SECURITYHUB_LOCAL_FORMAT",
        value_enum,
        default_value_t = FindingsForm::Array
    )]
    pub(super) format: FindingsForm,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FindingsForm {
    /// A JSON array
    Array,
    /// One BatchImportFindings request body per line, with up to 100 findings of one account and Region
    Import,
    /// One finding per line
    Lines,
}

/// Maximum number of findings in a BatchImportFindings request.
const BATCH: usize = 100;
/// Number of bytes written at once.
const BUFFER_SIZE: usize = 64 * 1024;
/// Number of findings between updates of the progress bar.
const PROGRESS_STEP: u64 = 256;

/// Writes findings as requested. It is not an error if the reader closes the pipe early.
pub(super) fn run(arguments: &GenerateArguments) -> Result<(), Exit> {
    let request = request(arguments);
    let is_offered = |hub: &HubKey| request.products.iter().any(|product| product.is_in(hub.region.partition()));
    if !request.hubs.iter().any(is_offered) {
        return Err(Exit::invalid(format!(
            "securityhub-local: the product {} is not available in any of the given Regions",
            arguments.product
        )));
    }
    let findings = generate::findings(request).map_err(Exit::failed)?;
    let mut source = Source { progress: progress(&findings), findings, made: 0 };
    // Standard output by itself would write line by line.
    let mut output = BufWriter::with_capacity(BUFFER_SIZE, io::stdout().lock());
    let written = match arguments.format {
        FindingsForm::Array => array(&mut output, &mut source),
        FindingsForm::Lines => lines(&mut output, &mut source),
        FindingsForm::Import => bodies(&mut output, &mut source),
    };
    source.progress.finish_and_clear();
    output::check_written(written.and_then(|()| output.flush()))
}

fn request(arguments: &GenerateArguments) -> Request {
    let of = |account| arguments.region.iter().map(move |region| HubKey { account, region: region.clone() });
    let hubs: Vec<HubKey> = arguments.account.iter().copied().flat_map(of).collect();
    Request {
        products: Product::named(&arguments.product).map_or_else(|| Product::all().collect(), |product| vec![product]),
        count: arguments.count,
        administrator: arguments.account.first().copied().unwrap_or(crate::state::AccountId::DEFAULT),
        hubs,
        days: arguments.days,
        seed: arguments.seed,
        sequence: 0,
        now: arguments.now.unwrap_or_else(|| Clock::default().now()),
        private: arguments.private_product,
    }
}

/// A progress bar on standard error, if that is a terminal and the findings are not written to one.
fn progress(findings: &Findings) -> ProgressBar {
    let hidden = io::stdout().is_terminal() || !io::stderr().is_terminal();
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let count = findings.size_hint().0;
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} findings, {eta} left");
    ProgressBar::with_draw_target(Some(count.try_into().unwrap_or(u64::MAX)), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Findings with a progress bar.
struct Source {
    findings: Findings,
    progress: ProgressBar,
    made: u64,
}

impl Source {
    /// Writes the next finding; `None` after the last.
    fn write_next(&mut self, written: &mut Vec<u8>) -> Option<&HubKey> {
        // The bar reads the system clock on every update.
        self.made += 1;
        if self.made.is_multiple_of(PROGRESS_STEP) {
            self.progress.inc(PROGRESS_STEP);
        }
        self.findings.write_next(written)
    }
}

/// A JSON array with one finding per line.
fn array(output: &mut impl Write, source: &mut Source) -> io::Result<()> {
    let mut buffer = b"[".to_vec();
    let mut before = "\n";
    loop {
        let end = buffer.len();
        buffer.extend_from_slice(before.as_bytes());
        if source.write_next(&mut buffer).is_none() {
            buffer.truncate(end);
            break;
        }
        before = ",\n";
        flush_full(output, &mut buffer)?;
    }
    buffer.extend_from_slice(b"\n]\n");
    output.write_all(&buffer)
}

fn lines(output: &mut impl Write, source: &mut Source) -> io::Result<()> {
    let mut buffer = Vec::new();
    while source.write_next(&mut buffer).is_some() {
        buffer.push(b'\n');
        flush_full(output, &mut buffer)?;
    }
    output.write_all(&buffer)
}

/// Bodies of BatchImportFindings, one per line. A request is made by one account in one Region, so each body belongs to
/// one hub.
fn bodies(output: &mut impl Write, source: &mut Source) -> io::Result<()> {
    let mut batches: BTreeMap<HubKey, Batch> = BTreeMap::new();
    let mut finding = Vec::new();
    while let Some(hub) = source.write_next(&mut finding) {
        if !batches.contains_key(hub) {
            batches.insert(hub.clone(), Batch::default());
        }
        if let Some(batch) = batches.get_mut(hub) {
            batch.push(&finding);
            if batch.count == BATCH {
                batch.write(output)?;
            }
        }
        finding.clear();
    }
    batches.values_mut().filter(|batch| batch.count > 0).try_for_each(|batch| batch.write(output))
}

/// Findings of a hub that are collected until their body is full.
#[derive(Default)]
struct Batch {
    count: usize,
    /// The findings, each preceded by a comma.
    findings: Vec<u8>,
}

impl Batch {
    fn push(&mut self, finding: &[u8]) {
        self.count += 1;
        self.findings.push(b',');
        self.findings.extend_from_slice(finding);
    }

    /// Writes the body and clears the batch.
    fn write(&mut self, output: &mut impl Write) -> io::Result<()> {
        output.write_all(b"{\"Findings\":[")?;
        output
            .write_all(self.findings.get(1..).or_report("a batch that is written has a finding").unwrap_or_default())?;
        output.write_all(b"]}\n")?;
        self.count = 0;
        self.findings.clear();
        Ok(())
    }
}

/// Writes and clears a full buffer.
fn flush_full(output: &mut impl Write, buffer: &mut Vec<u8>) -> io::Result<()> {
    if buffer.len() >= BUFFER_SIZE {
        output.write_all(buffer)?;
        buffer.clear();
    }
    Ok(())
}
