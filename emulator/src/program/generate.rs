//! `generate`: believable findings on standard output.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::cli::{FindingsForm, GenerateArguments};
use super::exit::Exit;
use super::output;
use crate::generate::{self, Findings, Generated, Product, Request};
use crate::state::{Clock, HubKey};

/// How many findings a call of BatchImportFindings takes.
const BATCH: usize = 100;

/// Writes findings, as the arguments ask. A reader that has seen enough and closed the pipe is no failure.
pub(super) fn run(arguments: &GenerateArguments) -> Result<(), Exit> {
    let request = request(arguments);
    let is_offered = |hub: &HubKey| request.products.iter().any(|product| product.is_in(hub.region.partition()));
    if !request.hubs.iter().any(is_offered) {
        return Err(Exit::mistake(format!(
            "securityhub-local: no --region given has the product {}",
            arguments.product
        )));
    }
    let findings = generate::findings(request).map_err(Exit::failed)?;
    let progress = progress(&findings);
    let findings = findings.inspect(|_| progress.inc(1));
    let mut output = BufWriter::new(io::stdout().lock());
    let written = match arguments.format {
        FindingsForm::Array => array(&mut output, findings),
        FindingsForm::Lines => lines(&mut output, findings),
        FindingsForm::Import => bodies(&mut output, findings),
    };
    progress.finish_and_clear();
    output::written(written.and_then(|()| output.flush()))
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

/// A bar on standard error, when that is a terminal and the findings do not go to one.
fn progress(findings: &Findings) -> ProgressBar {
    let hidden = io::stdout().is_terminal() || !io::stderr().is_terminal();
    let target = if hidden { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let count = findings.size_hint().0;
    let style = ProgressStyle::with_template("{bar:40} {human_pos} of {human_len} findings, {eta} left");
    ProgressBar::with_draw_target(Some(count.try_into().unwrap_or(u64::MAX)), target)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// A JSON array, a finding a line.
fn array(output: &mut impl Write, findings: impl Iterator<Item = Generated>) -> io::Result<()> {
    output.write_all(b"[")?;
    for (position, finding) in findings.enumerate() {
        output.write_all(if position == 0 { b"\n" } else { b",\n" })?;
        output.write_all(finding.text.as_bytes())?;
    }
    output.write_all(b"\n]\n")
}

fn lines(output: &mut impl Write, findings: impl Iterator<Item = Generated>) -> io::Result<()> {
    for finding in findings {
        output.write_all(finding.text.as_bytes())?;
        output.write_all(b"\n")?;
    }
    Ok(())
}

/// Bodies of BatchImportFindings, one a line. A call is made by one account in one Region, so each body is of one hub.
fn bodies(output: &mut impl Write, findings: impl Iterator<Item = Generated>) -> io::Result<()> {
    let mut batches: BTreeMap<HubKey, Vec<String>> = BTreeMap::new();
    for Generated { hub, text } in findings {
        let batch = batches.entry(hub).or_default();
        batch.push(text);
        if batch.len() == BATCH {
            body(output, batch)?;
        }
    }
    batches.values_mut().filter(|batch| !batch.is_empty()).try_for_each(|batch| body(output, batch))
}

/// Writes a body and empties the batch.
fn body(output: &mut impl Write, batch: &mut Vec<String>) -> io::Result<()> {
    writeln!(output, "{{\"Findings\":[{}]}}", batch.join(","))?;
    batch.clear();
    Ok(())
}
