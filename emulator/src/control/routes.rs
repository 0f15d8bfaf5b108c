//! The table of all routes. It defines the router, the texts of 404 and 405, the OpenAPI document, the list at
//! `/_emulator/` and docs/reference/control-plane.md (CPL-01).

use std::sync::LazyLock;

use http::Method;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::api::{Answer, Body, Call, Json, Nothing, Refusal, Route, openapi};
use super::{
    announcements, clock, compliance, connectors, events, explain, exports, exposures, faults, fidelity, findings,
    lifecycle, members, metrics, organization, requests, resources, scenario, sinks, snapshots, status, stream,
};

/// All routes, in the order in which a new user needs them.
pub fn all() -> &'static [Route] {
    static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
        let mut routes = service();
        routes.extend(world());
        routes.extend(fault_routes());
        routes.extend(security_hub());
        routes.extend(deliveries());
        routes.extend(journal());
        routes.extend(environment());
        routes.extend(aliases());
        routes.extend(chaos());
        routes
    });
    &ROUTES
}

/// The emulator itself.
fn service() -> Vec<Route> {
    vec![
        get("/_emulator/", "listRoutes", "List these calls, each with an example", status::index)
            .about("A browser gets a page with the content of the emulator."),
        get("/_emulator", "listRoutesToo", "Same as `/_emulator/`", status::index),
        get("/_emulator/openapi.json", "describeRoutes", "Describe these calls in OpenAPI 3.1", describe),
        get("/_emulator/status", "showStatus", "Show accounts, Regions, hubs, numbers of findings, and the clock", status::show)
            .about("`securityhub-local status` prints it."),
        get("/_emulator/caller", "showCaller", "Show the account of an access key", status::caller)
            .example("?access-key=test")
            .about("Returns the account, and whether the key is known."),
        get("/_emulator/health", "showHealth", "Check whether the emulator is running", lifecycle::health)
            .light()
            .about("Returns the version, the clock, and the number of hubs and findings. `durability` is `none`, or `process` or `disk` with `serve --data-dir`. `status` is `ok`; `cannot write` while the data directory cannot be written; or `degraded` with `last_panic` (a request ID) after a request has panicked. `dropped_log_lines` is the number of log lines that could not be written."),
        get("/_emulator/ready", "showReadiness", "Check whether the emulator accepts calls", lifecycle::ready).light(),
        get("/_emulator/fidelity", "showFidelity", "List the rules about the behavior of Security Hub with their evidence and tests, and all operations", fidelity::show)
            .light()
            .example("?chapter=HUB")
            .about("`Rules` contains the rules that the parameters select."),
        get("/_emulator/metrics", "showMetrics", "Show metrics in the text format of Prometheus", metrics::show)
            .about("With `Accept: application/openmetrics-text` they are in OpenMetrics 1.0.0. Counters start at 0 when the program starts, and a reset does not change them."),
        get("/metrics", "showMetricsToo", "Same as `/_emulator/metrics`", metrics::show),
        get("/_emulator/ca.pem", "showCertificateAuthority", "Show the certificate of the authority that `serve --tls` has created", metrics::certificate_authority)
            .light()
            .fresh(404)
            .about("Clients trust it with `AWS_CA_BUNDLE` or `curl --cacert`."),
    ]
}

/// The whole world and its clock.
fn world() -> Vec<Route> {
    vec![
        post(
            "/_emulator/reset",
            "reset",
            "Return to the state that the scenario describes, or with `to=empty` to an empty state",
            lifecycle::reset,
        )
        .example("?to=start"),
        get("/_emulator/clock", "showClock", "Show the time", clock::show).light(),
        post("/_emulator/clock", "changeClock", "Advance, set, freeze or start the clock", clock::change)
            .example(r#"{"advance": "P1D"}"#)
            .about("All work that becomes due is done in order, each item at its due time."),
        get("/_emulator/snapshots", "listSnapshots", "List the snapshots", snapshots::list),
        put("/_emulator/snapshots/{name}", "saveSnapshot", "Save the state under a name", snapshots::save)
            .about("A name has up to 64 letters, digits, `.`, `_` and `-`. At most 100 snapshots are kept."),
        get("/_emulator/snapshots/{name}", "showSnapshot", "Show a snapshot", snapshots::show).fresh(404),
        delete("/_emulator/snapshots/{name}", "deleteSnapshot", "Delete a snapshot", snapshots::delete).fresh(404),
        post("/_emulator/snapshots/{name}/restore", "restoreSnapshot", "Return to a snapshot", snapshots::restore)
            .fresh(404)
            .about("`start` and `empty` are snapshots that always exist."),
        get("/_emulator/snapshots/{name}/diff", "compareSnapshots", "Compare a snapshot with another one, or with the current state", snapshots::diff)
            .example("?limit=100")
            .fresh(404)
            .about("`Findings` lists the findings that were added, removed or changed, member by member; `Relations` lists hubs, members, standards and all other parts of the state."),
        get("/_emulator/scenario", "exportScenario", "Export the whole state as a scenario", scenario::export)
            .example("?format=yaml")
            .about("An emulator that loads the scenario gives the same responses as this one, and generates the same IDs from then on. The scenario does not contain events or sessions, and it contains secrets, also those in headers of event sinks, only with `secrets=true`."),
        put("/_emulator/scenario", "loadScenario", "Load a scenario that replaces the state and the snapshot `start`, or add it to the state", scenario::load)
            .example(r#"{"name": "empty"}"#)
            .exclusive()
            .about("The body is YAML or JSON, up to 64 MiB. A scenario that refers to files is sent as a JSON object with the members `Scenario`, its text, and `Files`, which maps the relative paths of the files to their texts. If the scenario has errors, `Mistakes` lists them with line, column and path, and the state does not change."),
    ]
}

/// Faults: rules that make calls fail or slow them down.
fn fault_routes() -> Vec<Route> {
    vec![
        get(
            "/_emulator/faults",
            "listFaults",
            "List the faults: rules that make calls fail or slow them down",
            faults::list,
        )
        .light()
        .example("?id=f-1")
        .about(
            "`Seen` is the number of calls that a fault has selected, `Fired` the number of times that it has fired.",
        ),
        put("/_emulator/faults", "setFaults", "Replace all faults", faults::set)
            .light()
            .example(r#"{"Faults": [{"Operation": "GetFindings", "Error": {"Code": "Throttle"}, "Times": 3}]}"#),
        post("/_emulator/faults", "addFaults", "Add one or several faults", faults::add)
            .light()
            .example(r#"{"Operation": "BatchImportFindings", "Partial": {"Every": 2}}"#)
            .about("The body is a fault or `{\"Faults\": [...]}`."),
        delete("/_emulator/faults", "deleteFaults", "Delete faults", faults::delete).light().example("?test=my-test"),
    ]
}

/// Findings, events, exports and scores.
fn security_hub() -> Vec<Route> {
    vec![
        post("/_emulator/findings", "importFindings", "Import findings on behalf of any product", findings::deliver)
            .example("[]")
            .about("Takes a finding, a list of findings or `{\"Findings\": [...]}`, up to 64 MiB, as if sent by their products, including AWS services."),
        post("/_emulator/findings/generate", "generateFindings", "Generate realistic findings of AWS services and import them", findings::generate)
            .example(r#"{"Product": "guardduty", "Count": 10, "Account": "111111111111", "Region": "us-east-1"}"#)
            .fresh(400)
            .about("Unlike the findings of a scenario, they emit events."),
        post("/_emulator/exposures", "computeExposures", "Compute exposure findings now", exposures::compute)
            .about("They are otherwise computed after `delays.exposures`, in all Regions in which a V2 hub is enabled."),
        post("/_emulator/findings/query", "queryFindings", "List the findings that an account sees, and count those in its other Regions", findings::query)
            .example(r#"{"Account": "111111111111", "Region": "us-east-1", "Limit": 10}"#)
            .fresh(400)
            .about("The most severe findings come first, then the newest; `securityhub-local findings` prints them."),
        post("/_emulator/explain", "explainFinding", "Explain why GetFindings returns or does not return a finding", explain::explain)
            .example(r#"{"Account": "111111111111", "Region": "us-east-1", "Id": "ID", "Filters": {}}"#),
        get("/_emulator/events", "listEvents", "List the events sent to EventBridge, oldest first", events::list)
            .example("?limit=10")
            .about("Use `Last` as the next `after`; `More` is true if there are later events (a call compares at most 1,000 events with a pattern, so a page can be empty even if more follow); `Dropped` is the number of events between `after` and `Last` that were dropped to make space for newer ones (`serve --events` sets how many are stored, 10,000 by default). With `wait`, the response is sent when `count` matching events exist, or with fewer events when the time limit expires."),
        delete("/_emulator/events", "deleteEvents", "Remove all events, or those that filters select", events::clear),
        post("/_emulator/custom-actions", "sendToCustomAction", "Send findings to a custom action, as a user of the console does", events::send)
            .example(r#"{"ActionTargetArn": "ARN", "FindingIdentifiers": [{"Id": "ID", "ProductArn": "ARN"}]}"#)
            .fresh(404),
        get("/_emulator/exports/{id}", "showExport", "Show an export job of the V2 half and its output", exports::show)
            .fresh(404)
            .about("The response contains the bucket and the key in `Object`, and the content in `Exported` unless it was written to the directory of `serve --export-dir` or to the endpoint of `serve --export-s3-endpoint`."),
        put("/_emulator/exports/{id}", "setExport", "Set the status of an export job to running, succeeded, failed or cancelled", exports::put)
            .example(r#"{"Status": "FAILED", "FailureCode": "ACCESS_DENIED"}"#)
            .fresh(404),
        get("/_emulator/compliance", "showCompliance", "Show security scores and control statuses as the console does", compliance::scores)
            .example("?account=111111111111&region=us-east-1")
            .fresh(400)
            .about("For an administrator, the response also contains the scores and statuses of each member."),
    ]
}

/// Recorded API calls.
fn journal() -> Vec<Route> {
    vec![
        get("/_emulator/requests", "listRequests", "List the recorded API calls, oldest first", requests::list)
            .example("?operation=Batch*&limit=10")
            .about("Use `Last` as the next `after`; `Dropped` is the number of calls after `after` that were dropped to make space for newer ones (`serve --journal` sets the size, 16MiB by default). With `wait`, the response is sent when `count` matching calls were made, or when the time limit expires. Secrets are replaced by `***`."),
        delete("/_emulator/requests", "deleteRequests", "Delete the API calls that the parameters select", requests::delete)
            .about("Their numbers are not reused."),
        get("/_emulator/requests/{number}/explain", "explainRequest", "Explain why a recorded call to GetFindings or GetFindingsV2 returned a finding or did not return it", explain::explain_recorded)
            .example("?id=ID")
            .fresh(404)
            .about("The explanation uses the account, the Region and the filters of the call, and the findings that exist now. `Explain` of a recorded call has this path if the call returned no findings."),
        post("/_emulator/requests/verify", "verifyRequests", "Verify that API calls were made", requests::verify)
            .example(r#"{"Operation": "BatchImportFindings", "Match": {"Findings": [{"Title": {"$prefix": "Port"}}]}, "Times": {"Max": 0}}"#)
            .about("If the calls were not made as expected, the response has the status 422, and `Nearest` lists up to three calls with the fewest differences."),
    ]
}

/// Receivers of events.
fn deliveries() -> Vec<Route> {
    vec![
        get("/_emulator/stream", "followStream", "Follow events and calls as server-sent events", stream::open)
            .about("A message is an `event`, a `request` or an `announcement`, with the event, the recorded call or the announcement in `data`. To continue after a message, send its `id` as `Last-Event-ID`. A reader that is more than 1,000 messages behind skips the oldest messages and gets `dropped` with their number."),
        get("/_emulator/sinks", "listSinks", "List the sinks of events and their states", sinks::list),
        put("/_emulator/sinks/{name}", "putSink", "Deliver events to a webhook, a file or EventBridge", sinks::put)
            .example(r#"{"Type": "webhook", "Url": "http://127.0.0.1:8080/hook"}"#)
            .about("A sink gets the events that are emitted after the call. A change of a sink preserves its queue. A name has up to 64 letters, digits, `.`, `_` and `-`. Files must be below the directory of `serve --sink-dir`."),
        get("/_emulator/sinks/{name}", "showSink", "Show a sink and its state", sinks::show).fresh(404),
        delete("/_emulator/sinks/{name}", "deleteSink", "Delete a sink and its queue", sinks::delete).fresh(404),
        post("/_emulator/announcements", "announce", "Publish an announcement of Security Hub to sinks and streams", announcements::publish)
            .example(r#"{"AnnouncementType": "GENERAL", "Title": "Title", "Description": "Text"}"#)
            .about("Webhooks and files without a pattern receive the announcement in the envelope of SNS."),
    ]
}

/// The environment of Security Hub: members, the organization, resources, other clouds.
fn environment() -> Vec<Route> {
    vec![
        get("/_emulator/members", "listMembers", "List the members of an administrator", members::list)
            .example("?administrator=111111111111")
            .about("The rows contain statuses and whether the hubs of members are enabled."),
        post("/_emulator/members", "addMembers", "Add members, and optionally invite them and accept on their behalf", members::add)
            .example(r#"{"Administrator": "111111111111", "Regions": ["us-east-1"], "AccountDetails": [{"AccountId": "444444444444"}], "Accept": true}"#)
            .fresh(400),
        post("/_emulator/members/accept", "acceptInvitations", "Accept invitations on behalf of the invited accounts", members::accept)
            .example(r#"{"Administrator": "111111111111", "Regions": ["us-east-1"]}"#)
            .fresh(400),
        get("/_emulator/organization", "showOrganization", "Show the organization as a tree", organization::show)
            .fresh(400)
            .about("`securityhub-local organization tree` prints it."),
        post("/_emulator/organization", "changeAccount", "Add an account to the organization, move or remove it, or suspend, reactivate or close it", organization::apply_event)
            .example(r#"{"Action": "join", "AccountId": "444444444444"}"#)
            .fresh(400),
        get("/_emulator/organization/policies", "listPolicies", "List the policies of the organization and their targets", organization::list_policies)
            .fresh(400),
        post("/_emulator/organization/policies", "changePolicy", "Attach or detach a service control policy", organization::change_policy)
            .example(r#"{"Action": "attach", "Policy": "NAME", "Target": "root"}"#)
            .fresh(400)
            .about("Returns the organization as a tree, and in `Policy` whether the policy was `created`, `replaced` or `unchanged`."),
        get("/_emulator/resources", "listResources", "List the resources that controls check", resources::list),
        put("/_emulator/resources", "declareResources", "Declare resources", resources::declare)
            .example(r#"[{"account": "111111111111", "regions": ["us-east-1"], "type": "AwsS3Bucket", "id": "logs"}]"#)
            .about("Changed resources are checked immediately or, by periodic controls, within 12 hours."),
        delete("/_emulator/resources", "deleteResources", "Delete resources", resources::delete)
            .example("?account=111111111111&type=AwsS3Bucket&id=logs")
            .fresh(404),
        put("/_emulator/config-recorder", "setRecorder", "Turn the recorder of AWS Config on or off", resources::record)
            .example(r#"{"Account": "111111111111", "Regions": ["us-east-1"], "Recorder": "off"}"#)
            .fresh(400),
        post("/_emulator/checks/run", "runChecks", "Check all controls now", resources::run)
            .example(r#"{"Account": "111111111111", "Regions": ["us-east-1"]}"#)
            .fresh(400),
        put("/_emulator/connectors/{id}", "setConnector", "Set the result of the next check of a connector", connectors::set)
            .example(r#"{"Status": "FAILED_TO_CONNECT"}"#)
            .fresh(404),
        get("/_emulator/oauth/authorize", "authorizeConnector", "Authorize a connector to Jira on behalf of its owner", connectors::authorize)
            .example("?state=STATE")
            .writes()
            .fresh(404),
        get("/_emulator/tickets", "listTickets", "List the tickets that connectors have created, oldest first", connectors::tickets),
    ]
}

/// Paths that tools for LocalStack and moto call (CPL-14).
fn aliases() -> Vec<Route> {
    vec![
        get(
            "/_localstack/health",
            "showLocalStackHealth",
            "Check whether the emulator is running, with the path and response of LocalStack",
            lifecycle::localstack_health,
        )
        .light(),
        post(
            "/_localstack/state/reset",
            "resetLocalStack",
            "Return to the state of the scenario, with the path of LocalStack",
            lifecycle::localstack_reset,
        ),
        post(
            "/moto-api/reset",
            "resetMoto",
            "Return to the state of the scenario, with the path of moto",
            lifecycle::moto_reset,
        ),
    ]
}

/// The chaos API of LocalStack (CPL-39).
fn chaos() -> Vec<Route> {
    vec![
        get(
            "/_localstack/chaos/faults",
            "listChaosFaults",
            "List the faults that were declared in the format of LocalStack",
            faults::list_chaos,
        )
        .light(),
        post(
            "/_localstack/chaos/faults",
            "setChaosFaults",
            "Replace the faults that were declared in the format of LocalStack",
            faults::set_chaos,
        )
        .light()
        .example(r#"[{"service": "securityhub", "operation": "GetFindings", "error": {"statusCode": 429, "code": "TooManyRequestsException"}}]"#),
        patch("/_localstack/chaos/faults", "addChaosFaults", "Add faults in the format of LocalStack", faults::add_chaos)
            .light()
            .example(r#"[{"region": "us-east-1", "probability": 0.5}]"#),
        delete(
            "/_localstack/chaos/faults",
            "deleteChaosFaults",
            "Delete the given faults in the format of LocalStack, or all of them if the body is empty",
            faults::delete_chaos,
        )
        .light()
        .example("[]"),
        get("/_localstack/chaos/effects", "showChaosEffects", "Show the delay of all calls", faults::show_effects)
            .light(),
        post("/_localstack/chaos/effects", "setChaosEffects", "Set the delay of all calls", faults::set_effects)
            .light()
            .example(r#"{"latency": 100}"#),
    ]
}

/// Describes all routes in OpenAPI.
fn describe(_: &Call<'_>, _: Nothing, _: Nothing) -> Result<Json<Value>, Refusal> {
    Ok(Json(openapi::document(all())))
}

type Run<Q, B, A> = fn(&Call<'_>, Q, B) -> Result<A, Refusal>;

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        fn $name<Q, B, A>(path: &'static str, name: &'static str, purpose: &'static str, run: Run<Q, B, A>) -> Route
        where
            Q: DeserializeOwned + JsonSchema + 'static,
            B: Body + 'static,
            A: Answer + 'static,
        {
            Route::new((Method::$method, path), (name, purpose), run)
        }
    )*};
}

methods!(get GET, post POST, put PUT, patch PATCH, delete DELETE);
