//! `GET /metrics` and `GET /_emulator/metrics`: metrics in the formats of Prometheus (CPL-100 to CPL-102).
//! `GET /_emulator/ca.pem`: the certificate of the authority that issued the server's certificate (CPL-112).

use std::collections::BTreeSet;

use http::header::ACCEPT;
use http::{HeaderValue, Response, StatusCode};
use schemars::{Schema, SchemaGenerator, json_schema};

use super::api::answer::response;
use super::api::{Answer, Call, Nothing, Refusal};
use crate::domain::due;
use crate::domain::events::envelope;
use crate::metrics::{Format, Kind, Page, write_process};
use crate::served::ServedWorld;
use crate::state::{AccountId, EventKind, HubKey};
use crate::wire::payload::Payload;

/// A page of metrics.
pub(super) struct Metrics {
    format: Format,
    text: String,
}

impl Answer for Metrics {
    const MEDIA_TYPE: &'static str = "text/plain";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }

    fn respond(self) -> Response<Payload> {
        text_response(self.format.media_type(), &self.text)
    }
}

/// Shows the metrics.
pub(super) fn show(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Metrics, Refusal> {
    if !call.served.metrics().is_on() {
        return Err(Refusal::not_found("metrics are disabled; start the emulator without --no-metrics"));
    }
    let accepted = call.headers.get_all(ACCEPT);
    let format = Format::accepted(accepted.iter().filter_map(|value| value.to_str().ok()));
    Ok(Metrics { format, text: text(call.served, format) })
}

/// Renders the page of metrics.
pub fn text(served: &ServedWorld, format: Format) -> String {
    let mut page = Page::new(format);
    served.metrics().write(&mut page);
    write_world(served, &mut page);
    let journal = served.journal();
    page.gauge("journal_bytes", "Size of the recorded requests, in bytes.", journal.bytes());
    let help = "Recorded requests that were dropped to make space for newer ones.";
    page.counter("journal_dropped_total", help, journal.dropped());
    let log = served.log();
    page.gauge("log_bytes", "Size of the log text that is not written yet, in bytes.", log.waiting());
    page.counter("log_write_errors_total", "Log lines that could not be written.", log.dropped());
    let version = [("version", env!("CARGO_PKG_VERSION"))];
    page.metric(Kind::Info, "build_info", "The version of the emulator.").add(&version, 1);
    write_process(&mut page);
    page.finish()
}

/// Writes the size of the world and the numbers of events.
fn write_world(served: &ServedWorld, page: &mut Page) {
    let world = served.world();
    // Due work is done first, so that the numbers match the state that the next call would see.
    due::run(&world, world.clock.now());
    let (relations, directory) = (world.relations(), world.directory());
    let hubs = relations.hub_keys();
    let hubs_v2: Vec<&HubKey> = relations.enabled_hubs_v2().collect();
    page.gauge("hubs", "Hubs and V2 hubs.", hubs.len() + hubs_v2.len());
    page.gauge("findings", "Stored findings.", world.finding_count());
    let of_hubs = hubs.iter().chain(hubs_v2).map(|hub| hub.account);
    let accounts: BTreeSet<AccountId> = directory.accounts.keys().copied().chain(of_hubs).collect();
    page.gauge(
        "accounts",
        "Accounts that the scenario declares, that joined the organization, or that have a hub.",
        accounts.len(),
    );
    let now = world.clock.now().as_millisecond();
    page.gauge("clock_seconds", "The time of the emulator since the Unix epoch, in seconds.", seconds(now));
    let counts = world.event_counts();
    let mut samples = page.metric(Kind::Counter, "events_total", "Events sent to EventBridge.");
    for kind in EventKind::ALL {
        samples.add(&[("detail_type", envelope::detail_type_of(kind))], counts.sent(kind));
    }
    let help = "Stored events that were dropped to make space for newer ones.";
    page.counter("events_dropped_total", help, counts.dropped);
    write_sinks(served, page);
}

/// Writes the numbers of events that sinks have delivered, failed to deliver, dropped and queued.
fn write_sinks(served: &ServedWorld, page: &mut Page) {
    let totals = served.sinks().totals();
    let mut samples = page.metric(Kind::Counter, "sink_delivered_total", "Events that a sink has delivered.");
    for (name, total) in &totals {
        samples.add(&[("sink", name)], total.delivered);
    }
    let help = "Events that the receiver of a sink refused, or whose last retry failed.";
    let mut samples = page.metric(Kind::Counter, "sink_failed_total", help);
    for (name, total) in &totals {
        samples.add(&[("sink", name)], total.failed);
    }
    let help = "Events that a sink dropped because its queue was full.";
    let mut samples = page.metric(Kind::Counter, "sink_dropped_total", help);
    for (name, total) in &totals {
        samples.add(&[("sink", name)], total.dropped);
    }
    let mut samples = page.metric(Kind::Gauge, "sink_queued", "Events that a sink has not delivered yet.");
    for (name, total) in &totals {
        samples.add(&[("sink", name)], total.queued);
    }
}

/// Converts milliseconds to seconds.
#[allow(clippy::cast_precision_loss, reason = "years have at most five digits")]
fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// A certificate in PEM.
pub(super) struct Certificate(String);

impl Answer for Certificate {
    const MEDIA_TYPE: &'static str = "application/x-pem-file";

    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }

    fn respond(self) -> Response<Payload> {
        text_response(Self::MEDIA_TYPE, &self.0)
    }
}

/// Shows the certificate of the authority that issued the server's certificate.
pub(super) fn certificate_authority(call: &Call<'_>, _: Nothing, _: Nothing) -> Result<Certificate, Refusal> {
    let certificate = call.served.certificate_authority().map(|certificate| Certificate(certificate.to_owned()));
    certificate.ok_or_else(|| Refusal::not_found("the emulator has no certificate authority; start it with --tls"))
}

/// Creates a response with a text, without its last line break, which is added to all answers.
fn text_response(media_type: &'static str, text: &str) -> Response<Payload> {
    let text = text.strip_suffix('\n').unwrap_or(text).to_owned();
    response(StatusCode::OK, HeaderValue::from_static(media_type), text.into())
}
