//! `/_emulator/announcements`: publishes announcements of Security Hub (CPL-88).

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api::{Call, Json, Nothing, Refusal};
use super::request;
use crate::served::notifications::Topic;
use crate::sinks::{ANNOUNCEMENT_TYPES, AnnouncementText};
use crate::state::Region;
use crate::suggest::nearest;

const DEFAULT_REGION: &str = "us-east-1";

/// An announcement to publish.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct AnnouncementInput {
    /// The type, such as `NEW_STANDARDS_CONTROLS`.
    announcement_type: String,
    /// The title.
    title: String,
    /// The text.
    description: String,
    /// The Regions in which the announcement is published; by default the Regions of the scenario, or us-east-1.
    regions: Option<Vec<String>>,
}

/// The published messages.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Published {
    /// The `MessageId` in each Region.
    message_ids: Vec<String>,
}

/// Publishes an announcement in each Region.
pub(super) fn publish(
    call: &Call<'_>,
    _: Nothing,
    Json(input): Json<AnnouncementInput>,
) -> Result<Json<Published>, Refusal> {
    let (world, now) = call.world();
    let kind = input.announcement_type.as_str();
    if !ANNOUNCEMENT_TYPES.contains(&kind) {
        let nearest = nearest(kind, ANNOUNCEMENT_TYPES);
        let nearest = nearest.map(|nearest| format!("; did you mean '{nearest}'?")).unwrap_or_default();
        let expected = ANNOUNCEMENT_TYPES.join(", ");
        return Err(format!("'{kind}' is not a type of announcement{nearest}; expected one of {expected}").into());
    }
    let mut regions: Vec<Region> = match &input.regions {
        Some(names) => request::regions(&world, names.iter().map(String::as_str))?,
        // A world without a scenario does not list Regions.
        None if world.directory().regions.is_empty() => vec![Region::new(DEFAULT_REGION)],
        None => world.directory().regions.clone(),
    };
    let mut seen = HashSet::new();
    regions.retain(|region| seen.insert(region.clone()));
    let text = AnnouncementText { kind, title: &input.title, description: &input.description };
    let sinks = call.served.sinks();
    let written: Vec<_> =
        regions.iter().map(|region| sinks.announcements().write(text, region, &world.ids, now)).collect();
    let message_ids = written.iter().map(|announcement| announcement.id.clone()).collect();
    sinks.announce(written);
    // Streams wait for the same signal as events.
    call.served.notifications().signal(Topic::Events).notify_waiters();
    Ok(Json(Published { message_ids }))
}
