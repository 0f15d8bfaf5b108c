//! The subject of a control finding: a security control, or a control of one standard.

use std::borrow::Cow;

use securityhub_fixtures::standards::{Control, Form, Standard, StandardControl};

use crate::domain::controls::standards::{control_arn, controls, security_controls, subscription_arn};
use crate::state::HubKey;

/// The `Types` of a finding about a security control.
const SECURITY_CONTROL_TYPE: &str = "Software and Configuration Checks/Industry and Regulatory Standards";
/// Maximum number of requirements in a finding (CIS-09).
const MAX_REQUIREMENTS: usize = 32;

/// The subject of a finding: a security control with the standards that contain it, or a control of one standard.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// One finding for all of these standards, which are sorted by their ids.
    SecurityControl(&'static Control, Vec<(&'static Standard, Vec<&'static StandardControl>)>),
    /// One finding per control of a standard.
    StandardControl(&'static Standard, &'static StandardControl),
}

impl Subject {
    pub(super) fn control(&self) -> &'static Control {
        match self {
            Subject::SecurityControl(control, _) => control,
            Subject::StandardControl(_, standard_control) => standard_control.control,
        }
    }

    /// The prefix of the ids of its findings, before the id of the finding itself.
    pub(super) fn id_prefix(&self, key: &HubKey) -> String {
        match self {
            Subject::SecurityControl(control, _) => security_controls::security_control_arn(key, control),
            Subject::StandardControl(standard, standard_control) => {
                format!("{}/{}", subscription_arn(key, standard), standard_control.number)
            }
        }
    }

    pub(super) fn generator_id(&self, key: &HubKey) -> String {
        match self {
            Subject::SecurityControl(control, _) => format!("security-control/{}", control.id),
            Subject::StandardControl(standard, standard_control) if standard.form == Form::Ruleset => {
                format!("{}/rule/{}", standard.arn(key.region.partition(), ""), standard_control.number)
            }
            Subject::StandardControl(standard, standard_control) => {
                format!("{}/{}", standard.path(), standard_control.number)
            }
        }
    }

    pub(super) fn title(&self) -> Cow<'static, str> {
        match self {
            Subject::SecurityControl(control, _) => Cow::Borrowed(control.title),
            Subject::StandardControl(standard, standard_control) if standard.form == Form::Ruleset => {
                Cow::Owned(format!("{} {}", standard_control.number, standard_control.title()))
            }
            Subject::StandardControl(_, standard_control) => {
                Cow::Owned(format!("{} {}", standard_control.id, standard_control.title()))
            }
        }
    }

    pub(super) fn plain_title(&self) -> &'static str {
        match self {
            Subject::SecurityControl(control, _) => control.title,
            Subject::StandardControl(_, standard_control) => standard_control.title(),
        }
    }

    pub(super) fn finding_type(&self) -> &'static str {
        match self {
            Subject::SecurityControl(..) => SECURITY_CONTROL_TYPE,
            Subject::StandardControl(standard, _) => standard.finding_type,
        }
    }

    /// The requirements of the standards, without duplicates, in order (CIS-09).
    pub(super) fn requirements(&self) -> Vec<Cow<'static, str>> {
        let mut all: Vec<Cow<'static, str>> = match self {
            Subject::SecurityControl(_, standards) => {
                let standard_controls = standards.iter().flat_map(|(_, standard_controls)| standard_controls);
                standard_controls
                    .flat_map(|standard_control| standard_control.related_requirements)
                    .map(|text| Cow::Borrowed(*text))
                    .collect()
            }
            // AWS's sample findings of this form have none.
            Subject::StandardControl(standard, _) if standard.form == Form::Ruleset => Vec::new(),
            Subject::StandardControl(standard, standard_control) => {
                controls::related_requirements(standard, standard_control).into_iter().map(Cow::Owned).collect()
            }
        };
        all.sort_unstable();
        all.dedup();
        all.truncate(MAX_REQUIREMENTS);
        all
    }

    /// The ids of its standards.
    pub(super) fn standards_ids(&self) -> Vec<&'static str> {
        match self {
            Subject::SecurityControl(_, standards) => {
                standards.iter().map(|(standard, _)| standard.standards_id).collect()
            }
            Subject::StandardControl(standard, _) => vec![standard.standards_id],
        }
    }

    /// The product fields that name the standard; a finding of a security control has none of them (STD-04).
    pub(super) fn product_fields(&self, key: &HubKey, remediation: &str) -> Vec<(&'static str, Cow<'static, str>)> {
        let Subject::StandardControl(standard, standard_control) = self else { return Vec::new() };
        let arn = standard.arn(key.region.partition(), "");
        let subscription = subscription_arn(key, standard);
        let names = match standard.form {
            Form::Ruleset => [
                ("StandardsGuideArn", arn.into()),
                ("StandardsGuideSubscriptionArn", subscription.into()),
                ("RuleId", standard_control.number.into()),
            ],
            Form::Standard | Form::SecurityControl => [
                ("StandardsArn", arn.into()),
                ("StandardsSubscriptionArn", subscription.into()),
                ("ControlId", standard_control.id.into()),
            ],
        };
        let mut fields = Vec::from(names);
        fields.push(("RecommendationUrl", remediation.to_owned().into()));
        fields.push(("StandardsControlArn", control_arn(key, standard, standard_control).into()));
        fields
    }
}
