//! `/_emulator/requests`: lists, deletes and verifies recorded API calls (CPL-20 to CPL-29).

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::answer::{Pending, Waiting};
use super::api::{Answer, Call, Json, Nothing, Refusal};
use super::request::{self, Wait};
use crate::faults::names;
use crate::journal::verify::{Times, Unverified, Verified};
use crate::journal::{FaultFilter, Filter, Journal, OFF, RecordedCall, StatusFilter};
use crate::matching::{Match, NamePattern};
use crate::served::notifications::Topic;
use crate::state::World;
use crate::wire::payload::Payload;

/// Default and maximum number of calls in a page.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

/// Declares a query that selects calls and has further parameters.
macro_rules! selection {
    ($(#[$about:meta])* $name:ident { $($(#[$meta:meta])* $more:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            /// The operation, or the beginning of its name followed by `*`.
            operation: Option<String>,
            /// The account of the caller.
            account: Option<String>,
            /// The Region of the call.
            region: Option<String>,
            /// The service, such as `securityhub` or `sts`.
            service: Option<String>,
            /// The status of the response, such as `429` or `4xx`.
            status: Option<String>,
            /// The code of the error.
            error: Option<String>,
            /// The tag of the test.
            test: Option<String>,
            /// The ID of the fault; `*` for any.
            fault: Option<String>,
            /// The partial input, as JSON, that the input must match.
            r#match: Option<String>,
            /// The number of the last call that was read; 0 by default.
            after: Option<u64>,
            $($(#[$meta])* $more: $kind,)*
        }

        impl $name {
            fn filter(&self, world: &World) -> Result<Filter, Refusal> {
                let document = self.r#match.as_deref().map(request::json).transpose()?;
                filter(world, &Selection {
                    operation: self.operation.as_deref(),
                    account: self.account.as_deref(),
                    region: self.region.as_deref(),
                    service: self.service.as_deref(),
                    status: self.status.as_deref(),
                    error: self.error.as_deref(),
                    test: self.test.as_deref(),
                    fault: self.fault.as_deref(),
                    document: document.as_ref(),
                    after: self.after,
                })
            }
        }
    };
}

selection! {
    /// The calls to list.
    List {
        /// Maximum number of calls, 1 to 1,000; 100 by default.
        limit: Option<usize>,
        /// True for the newest calls, newest first, instead of the oldest. Such a call does not wait.
        newest: Option<bool>,
        /// Number of matching calls that ends the wait, 1 to 1,000; 1 by default.
        count: Option<usize>,
        /// Maximum time to wait for `count` calls, such as `5s`; up to 60 seconds. By default, the call does not wait.
        wait: Option<String>,
    }
}

selection! {
    /// The calls to delete.
    Delete {}
}

/// The parameters that select calls, as the client sent them.
#[derive(Default)]
pub(super) struct Selection<'s> {
    pub(super) operation: Option<&'s str>,
    pub(super) account: Option<&'s str>,
    pub(super) region: Option<&'s str>,
    pub(super) service: Option<&'s str>,
    pub(super) status: Option<&'s str>,
    pub(super) error: Option<&'s str>,
    pub(super) test: Option<&'s str>,
    pub(super) fault: Option<&'s str>,
    pub(super) document: Option<&'s Value>,
    pub(super) after: Option<u64>,
}

/// A page of calls.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CallPage {
    /// The calls, oldest first, or newest first with `newest`.
    requests: Vec<RecordedCall>,
    /// The next `after`.
    last: u64,
    /// The number of calls after `after` that were dropped to make space for newer ones.
    dropped: u64,
}

/// The number of deleted calls.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DeletedRequests {
    /// The number of calls.
    deleted: usize,
}

/// The expected calls.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Verify {
    /// The operation, or the beginning of its name followed by `*`.
    operation: Option<String>,
    /// The account of the caller.
    account: Option<String>,
    /// The Region of the call.
    region: Option<String>,
    /// The service, such as `securityhub` or `sts`.
    service: Option<String>,
    /// The status of the response, such as `429` or `"4xx"`.
    status: Option<Value>,
    /// The code of the error.
    error_code: Option<String>,
    /// The tag of the test.
    test: Option<String>,
    /// The partial input that the input must match.
    r#match: Option<Value>,
    /// Only calls with a greater number.
    after: Option<u64>,
    /// The expected number of calls; at least one by default.
    times: Option<ExpectedTimes>,
    /// Maximum time to wait for `Min` calls, such as `5s`; up to 60 seconds. By default, the call does not wait.
    wait: Option<String>,
}

/// An expected number of calls.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ExpectedTimes {
    /// The minimum; 0 if only `Max` is given.
    min: Option<usize>,
    /// The maximum; 0 if no call is expected.
    max: Option<usize>,
}

/// The result of a verification: 200 if the calls were made as expected, otherwise 422 with the nearest calls.
pub(super) struct Verdict(Result<Verified, Box<Unverified>>);

impl Answer for Verdict {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        /// The calls that were made.
        #[derive(JsonSchema)]
        #[schemars(rename = "Verified", rename_all = "PascalCase")]
        #[expect(dead_code, reason = "only describes the answer")]
        struct Described {
            /// The number of calls.
            count: usize,
            /// The numbers of the first 100 calls.
            requests: Vec<u64>,
        }
        generator.subschema_for::<Described>()
    }

    fn respond(self) -> http::Response<Payload> {
        match self.0 {
            Ok(Verified { count, numbers }) => Json(json!({ "Count": count, "Requests": numbers })).respond(),
            Err(unverified) => {
                let Unverified { count, expected, numbers, nearest, dropped, .. } = &*unverified;
                let refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, unverified.message())
                    .with_member("Count", *count)
                    .with_member("Expected", json!({ "Min": expected.min, "Max": expected.max }))
                    .with_member("Requests", numbers.clone())
                    .with_member("Nearest", json!(nearest));
                if *dropped == 0 { refusal.respond() } else { refusal.with_member("Dropped", *dropped).respond() }
            }
        }
    }
}

/// Lists calls, oldest first.
pub(super) fn list(call: &Call<'_>, query: List, _: Nothing) -> Result<Waiting<Json<CallPage>>, Refusal> {
    let journal = journal(call)?;
    let filter = query.filter(&call.served.world())?;
    let limit = request::number("limit", query.limit, PAGE, MAX_PAGE)?;
    let Wait { time, count } = request::wait(query.wait.as_deref(), query.count)?;
    let is_newest = query.newest == Some(true);
    let (page, count) =
        if is_newest { (journal.newest(&filter, limit), 0) } else { (journal.page(&filter, limit, count), count) };
    let pending = (page.count < count).then_some(Pending { time, topic: Topic::Requests });
    Ok(Waiting { answer: Json(CallPage { requests: page.calls, last: page.last, dropped: page.dropped }), pending })
}

/// Deletes calls. Their numbers are not reused.
pub(super) fn delete(call: &Call<'_>, query: Delete, _: Nothing) -> Result<Json<DeletedRequests>, Refusal> {
    let filter = query.filter(&call.served.world())?;
    Ok(Json(DeletedRequests { deleted: journal(call)?.delete(&filter) }))
}

/// Verifies that calls were made as expected.
pub(super) fn verify(call: &Call<'_>, _: Nothing, Json(body): Json<Verify>) -> Result<Waiting<Verdict>, Refusal> {
    let journal = journal(call)?;
    // With `"Max": 0`, a name that no operation has would always be confirmed.
    if let Some(name) = &body.operation {
        names::operation(name, body.service.as_deref()).map_err(|unknown| Refusal::unreadable(unknown.to_string()))?;
    }
    let status = body.status.as_ref().map(|status| status.as_str().map_or_else(|| status.to_string(), str::to_owned));
    let filter = filter(
        &call.served.world(),
        &Selection {
            operation: body.operation.as_deref(),
            account: body.account.as_deref(),
            region: body.region.as_deref(),
            service: body.service.as_deref(),
            status: status.as_deref(),
            error: body.error_code.as_deref(),
            test: body.test.as_deref(),
            fault: None,
            document: body.r#match.as_ref(),
            after: body.after,
        },
    )?;
    let times = times(body.times)?;
    let Wait { time, .. } = request::wait(body.wait.as_deref(), None)?;
    let verdict = journal.verify(&filter, times);
    let is_too_few = verdict.as_ref().is_err_and(|unverified| unverified.count < times.min);
    let pending = (is_too_few && !time.is_zero()).then_some(Pending { time, topic: Topic::Requests });
    Ok(Waiting { answer: Verdict(verdict), pending })
}

fn times(given: Option<ExpectedTimes>) -> Result<Times, Refusal> {
    let (min, max) = match given {
        None | Some(ExpectedTimes { min: None, max: None }) => return Ok(Times::default()),
        Some(ExpectedTimes { min, max }) => (min.unwrap_or(0), max),
    };
    if max.is_some_and(|max| min > max) {
        return Err(Refusal::unreadable("member 'Times': 'Min' is greater than 'Max'"));
    }
    Ok(Times { min, max })
}

/// The journal; an error if it is off.
pub(super) fn journal<'c>(call: &Call<'c>) -> Result<&'c Journal, Refusal> {
    Some(call.served.journal()).filter(|journal| journal.is_on()).ok_or_else(|| OFF.into())
}

/// Parses the name of an operation, or the beginning of names. A misspelled name is refused; another name that no call
/// has selects nothing.
fn operation(text: &str, service: Option<&str>) -> Result<NamePattern, Refusal> {
    match names::operation(text, service) {
        Err(unknown) if unknown.is_misspelled() => Err(Refusal::unreadable(unknown.to_string())),
        _ => Ok(NamePattern::parse(text)),
    }
}

/// Parses the name of a service. A misspelled name is refused; calls of services that the emulator does not serve are
/// recorded as well.
fn service(text: &str) -> Result<String, Refusal> {
    match names::corrected_service(text) {
        Some(nearest) => Err(Refusal::unreadable(format!("unknown service '{text}'; did you mean '{nearest}'?"))),
        None => Ok(text.to_owned()),
    }
}

/// Creates the filter of a selection.
pub(super) fn filter(world: &World, selection: &Selection<'_>) -> Result<Filter, Refusal> {
    let status = |text| {
        let wrong =
            || Refusal::unreadable(format!("'{text}' is not a valid status; expected a status such as 429 or 4xx"));
        StatusFilter::parse(text).ok_or_else(wrong)
    };
    let document = |document| Match::parse(document).map_err(|mistake| Refusal::unreadable(mistake.to_string()));
    Ok(Filter {
        operation: selection.operation.map(|name| operation(name, selection.service)).transpose()?,
        account: selection.account.map(request::account).transpose()?,
        region: selection.region.map(|name| request::region(world, name)).transpose()?,
        service: selection.service.map(service).transpose()?,
        status: selection.status.map(status).transpose()?,
        error: selection.error.map(str::to_owned),
        test: selection.test.map(request::test_tag).transpose()?,
        fault: selection.fault.map(FaultFilter::parse),
        input: selection.document.map(document).transpose()?,
        after: selection.after.unwrap_or(0),
    })
}
