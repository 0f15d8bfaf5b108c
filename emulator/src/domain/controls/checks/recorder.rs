//! The configuration recorder of AWS Config: what controls require of it, and the result of Config.1 (FND-36, FND-37,
//! RES-05).

use std::collections::BTreeSet;

use securityhub_fixtures::standards::Control;

use super::names::ACCOUNT_TYPE;
use crate::state::{ConfigRecorder, Directory, HubKey};

/// The control that checks the recorder.
pub(super) const CONTROL: &str = "Config.1";

/// Maximum number of types that a finding lists, so that its text stays within the service's limits.
const MAX_NAMED: usize = 20;

/// Global IAM resources, which are the same in all Regions.
const GLOBAL: [&str; 4] = ["AwsIamGroup", "AwsIamPolicy", "AwsIamRole", "AwsIamUser"];

/// Returns whether resources of a type are the same in all Regions.
pub(super) fn is_global(resource_type: &str) -> bool {
    GLOBAL.contains(&resource_type)
}

/// The types that these controls need and the recorder does not record. IAM types count in home Regions and in Regions
/// that are not linked to one (FND-36).
pub(super) fn unrecorded<'c>(
    recorder: &ConfigRecorder,
    controls: impl Iterator<Item = &'c Control>,
    directory: &Directory,
    key: &HubKey,
) -> BTreeSet<&'static str> {
    let is_linked = directory.home(key.account, &key.region).is_some();
    let here = controls.filter(|control| control.config_rule.is_some() && control.is_available(key.region.as_str()));
    let needed = here.flat_map(|control| control.resource_types).copied();
    needed.filter(|name| *name != ACCOUNT_TYPE && !recorder.records(name) && !(is_linked && is_global(name))).collect()
}

/// The reason why Config.1 fails: a code, and a text if the code is not specific enough; none if it passes (FND-36).
pub(super) fn failure(
    recorder: &ConfigRecorder,
    unrecorded: &BTreeSet<&'static str>,
    wants_own_role: bool,
) -> Option<(&'static str, Option<String>)> {
    match recorder {
        ConfigRecorder::Off => Some(("CONFIG_RECORDER_DISABLED", None)),
        ConfigRecorder::Custom(_) if !unrecorded.is_empty() => {
            let named: Vec<&str> = unrecorded.iter().copied().take(MAX_NAMED).collect();
            let rest = unrecorded.len() - named.len();
            let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
            let text = format!(
                "AWS Config does not record all resource types that the enabled controls require: {}{rest}",
                named.join(", ")
            );
            Some(("CONFIG_RECORDER_MISSING_REQUIRED_RESOURCE_TYPES", Some(text)))
        }
        ConfigRecorder::Custom(recording) if recording.has_custom_role && wants_own_role => {
            Some(("CONFIG_RECORDER_CUSTOM_ROLE", None))
        }
        ConfigRecorder::On | ConfigRecorder::Custom(_) => None,
    }
}
