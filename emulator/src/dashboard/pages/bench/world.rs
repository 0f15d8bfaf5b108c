//! `World`: accounts, hubs, findings, memory and scenario files (DSH-102).

use std::collections::BTreeSet;

use askama::Template;
use http::Method;
use serde_json::Value;

use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, Section};
use crate::dashboard::text;
use crate::state::AccountId;

#[derive(Template)]
#[template(path = "pages/bench/world.html")]
struct World {
    scenario: Option<String>,
    files: Vec<String>,
    accounts: String,
    hubs: String,
    hubs_v2: Option<String>,
    findings: String,
    memory: Option<String>,
}

/// The section.
pub(super) fn section(context: &Context<'_>) -> Section {
    let relations = context.world.relations();
    let accounts: BTreeSet<AccountId> =
        relations.enabled_hubs().chain(relations.enabled_hubs_v2()).map(|key| key.account).collect();
    let hubs_v2 = relations.enabled_hubs_v2().count() as u64;
    let world = World {
        scenario: context.world.name.clone(),
        files: context.scenario_files().iter().map(|path| path.display().to_string()).collect(),
        accounts: text::number(accounts.len() as u64),
        hubs: text::number(relations.enabled_hubs().count() as u64),
        hubs_v2: (hubs_v2 > 0).then(|| text::number(hubs_v2)),
        findings: text::number(context.world.finding_count() as u64),
        memory: context.memory().map(|bytes| format!("{} MiB", text::number(bytes / 1024 / 1024))),
    };
    let call = Call::control(&Method::GET, "/_emulator/status", Value::Null, "status");
    Section::new(&world, vec![call.of("World")])
}
