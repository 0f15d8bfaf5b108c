//! `POST /_emulator/findings`: findings from the products themselves, AWS's own services among them (IMP-11).

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use bytes::Bytes;
use http::StatusCode;
use serde::Serialize;

use super::mistake;
use crate::domain::due;
use crate::domain::findings::delivery;
use crate::domain::findings::import::{self, Failed, Outcome};
use crate::service::Service;
use crate::shape::items::Item;
use crate::shape::scan;

const EXPECTED: &str = "send a finding, a list of findings or {\"Findings\": [...]}";

/// As BatchImportFindings answers (IMP-30).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Delivered {
    success_count: usize,
    failed_count: usize,
    failed_findings: Vec<FailedFinding>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FailedFinding {
    id: String,
    error_code: &'static str,
    error_message: String,
}

/// Imports any number of findings, each as its product and in the Region of its ProductArn.
pub(super) async fn deliver(Extension(service): Extension<Service>, _: super::NoQuery, body: Bytes) -> Response {
    match answer(&service, &body) {
        Ok(Outcome { success_count, failed }) => {
            let failed_findings: Vec<_> = failed.into_iter().map(FailedFinding::from).collect();
            let failed_count = failed_findings.len();
            Json(Delivered { success_count, failed_count, failed_findings }).into_response()
        }
        Err(message) => mistake(StatusCode::BAD_REQUEST, &message),
    }
}

/// Reads all findings, so that a body that cannot be read stores nothing, and imports them.
fn answer(service: &Service, body: &[u8]) -> Result<Outcome, String> {
    // Taken first: what follows happens in the world in which the call began, whatever becomes of it meanwhile.
    let world = service.world();
    let text = std::str::from_utf8(body).map_err(|error| format!("{EXPECTED}: {error}"))?;
    let pieces = delivery::pieces(text).map_err(|error| format!("{EXPECTED}: {error}"))?;
    let texts: Vec<Cow<'_, str>> =
        pieces.into_iter().map(|piece| scan::compact(text.get(piece).unwrap_or_default())).collect();
    let findings = (1..).zip(&texts).map(|(number, text)| read(number, text)).collect::<Result<Vec<_>, _>>()?;
    let now = world.clock.now();
    due::run(&world, now);
    let mut transaction = world.write_findings();
    let outcome = delivery::deliver(&mut transaction, &world, now, &findings);
    for change in transaction.commit() {
        tracing::debug!(?change, "changed");
    }
    outcome.map_err(|error| error.message.into_owned())
}

/// A finding with an Id: without one there is nothing to report a failure under (IMP-25).
fn read(number: usize, text: &str) -> Result<Item<'_>, String> {
    if !text.starts_with('{') {
        return Err(format!("{EXPECTED}: finding {number} is no JSON object"));
    }
    let finding = import::read_finding(text).map_err(|error| format!("{EXPECTED}: finding {number}: {}", error.0))?;
    if import::string(&finding, "Id").is_none() {
        return Err(format!("finding {number} has no Id that is a string"));
    }
    Ok(finding)
}

impl From<Failed> for FailedFinding {
    fn from(failed: Failed) -> FailedFinding {
        let Failed { id, code, message } = failed;
        FailedFinding { id, error_code: code, error_message: message }
    }
}
