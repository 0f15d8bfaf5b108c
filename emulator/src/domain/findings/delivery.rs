//! Findings sent by products themselves, including AWS's own services, whose findings no customer may import (IMP-11).
//! They are cut out of a text, and each is imported into the Region of its product.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::import::{self, Endpoint, Outcome, Sender};
use crate::aws_error::AwsError;
use crate::invariant::Invariant;
use crate::shape::items::Item;
use crate::state::{FindingsTransaction, Region, Timestamp, World};

/// Maximum number of findings in a batch (IMP-21).
pub const BATCH: usize = 100;

/// The byte ranges of the findings in a text: one object, a list of them, or `{"Findings": [...]}`. Whether each one is
/// an object is not checked.
///
/// # Errors
/// The position at which the text stops being JSON of one of these forms.
pub fn pieces(text: &str) -> Result<Vec<Range<usize>>, serde_json::Error> {
    #[derive(Deserialize)]
    #[serde(expecting = "an object or a list")]
    struct Batch<'t> {
        #[serde(rename = "Findings", borrow)]
        findings: Option<Vec<&'t RawValue>>,
    }
    let raw: Vec<&RawValue> = if text.trim_start().starts_with('[') {
        serde_json::from_str(text)?
    } else {
        let batch: Batch<'_> = serde_json::from_str(text)?;
        match batch.findings {
            Some(findings) => findings,
            None => vec![serde_json::from_str(text)?],
        }
    };
    let piece = |raw: &RawValue| {
        let start = (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        start..start + raw.get().len()
    };
    Ok(raw.into_iter().map(piece).collect())
}

/// Imports any number of findings in order, each as its own product and into the Region of its ProductArn (IMP-11),
/// through [`import::batch`] like all others.
///
/// # Errors
/// The errors of [`import::batch`], which never refuses a whole batch of a product.
pub fn deliver(
    transaction: &mut FindingsTransaction<'_>,
    world: &World,
    now: Timestamp,
    findings: &[Item<'_>],
) -> Result<Outcome, AwsError> {
    let directory = world.directory();
    let mut outcome = Outcome::default();
    for of_region in findings.chunk_by(|one, two| region_of(one) == region_of(two)) {
        let region =
            Region::new(&of_region.first().map(region_of).or_report("a chunk has a finding").unwrap_or_default());
        let endpoint = Endpoint { world, directory: &directory, region: &region, now };
        for batch in of_region.chunks(BATCH) {
            let Outcome { success_count, failed } = import::batch(transaction, &endpoint, Sender::Product, batch)?;
            outcome.success_count += success_count;
            outcome.failed.extend(failed);
        }
    }
    Ok(outcome)
}

/// The fourth part of the ProductArn. If it is not an ARN, the import refuses the finding in any Region.
pub fn region_of(finding: &Item<'_>) -> String {
    let product_arn = import::string(finding, "ProductArn").unwrap_or_default();
    product_arn.split(':').nth(3).unwrap_or_default().to_owned()
}
