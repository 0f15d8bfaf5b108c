//! What a control finding is about: a security control, or the seat that it has in a standard.

use std::borrow::Cow;

use securityhub_fixtures::standards::{Control, Form, Standard, StandardControl};

use crate::domain::controls::standards::{control_arn, controls, security_controls, subscription_arn};
use crate::state::HubKey;

/// The `Types` of a finding that is one a security control.
const SECURITY_CONTROL_TYPE: &str = "Software and Configuration Checks/Industry and Regulatory Standards";
/// The most requirements that a finding names (CIS-09).
const MOST_REQUIREMENTS: usize = 32;

/// What a finding is about: a security control with the standards that hold it, or one seat.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    /// One finding for all of these standards, in the order of their ids.
    SecurityControl(&'static Control, Vec<(&'static Standard, Vec<&'static StandardControl>)>),
    /// One finding a seat.
    Seat(&'static Standard, &'static StandardControl),
}

impl Subject {
    pub(super) fn control(&self) -> &'static Control {
        match self {
            Subject::SecurityControl(control, _) => control,
            Subject::Seat(_, seat) => seat.control,
        }
    }

    /// What its findings' ids begin with, up to the id of the finding itself.
    pub(super) fn id_prefix(&self, key: &HubKey) -> String {
        match self {
            Subject::SecurityControl(control, _) => security_controls::security_control_arn(key, control),
            Subject::Seat(standard, seat) => format!("{}/{}", subscription_arn(key, standard), seat.number),
        }
    }

    pub(super) fn generator_id(&self, key: &HubKey) -> String {
        match self {
            Subject::SecurityControl(control, _) => format!("security-control/{}", control.id),
            Subject::Seat(standard, seat) if standard.form == Form::Ruleset => {
                format!("{}/rule/{}", standard.arn(key.region.partition(), ""), seat.number)
            }
            Subject::Seat(standard, seat) => format!("{}/{}", standard.path(), seat.number),
        }
    }

    pub(super) fn title(&self) -> Cow<'static, str> {
        match self {
            Subject::SecurityControl(control, _) => Cow::Borrowed(control.title),
            Subject::Seat(standard, seat) if standard.form == Form::Ruleset => {
                Cow::Owned(format!("{} {}", seat.number, seat.title()))
            }
            Subject::Seat(_, seat) => Cow::Owned(format!("{} {}", seat.id, seat.title())),
        }
    }

    pub(super) fn plain_title(&self) -> &'static str {
        match self {
            Subject::SecurityControl(control, _) => control.title,
            Subject::Seat(_, seat) => seat.title(),
        }
    }

    pub(super) fn finding_type(&self) -> &'static str {
        match self {
            Subject::SecurityControl(..) => SECURITY_CONTROL_TYPE,
            Subject::Seat(standard, _) => standard.finding_type,
        }
    }

    /// What standards require, each text once, in order (CIS-09).
    pub(super) fn requirements(&self) -> Vec<Cow<'static, str>> {
        let mut all: Vec<Cow<'static, str>> = match self {
            Subject::SecurityControl(_, standards) => {
                let seats = standards.iter().flat_map(|(_, seats)| seats);
                seats.flat_map(|seat| seat.related_requirements).map(|text| Cow::Borrowed(*text)).collect()
            }
            // The samples of this form have none.
            Subject::Seat(standard, _) if standard.form == Form::Ruleset => Vec::new(),
            Subject::Seat(standard, seat) => {
                controls::related_requirements(standard, seat).into_iter().map(Cow::Owned).collect()
            }
        };
        all.sort_unstable();
        all.dedup();
        all.truncate(MOST_REQUIREMENTS);
        all
    }

    /// The ids of the standards that it is about.
    pub(super) fn standards_ids(&self) -> Vec<&'static str> {
        match self {
            Subject::SecurityControl(_, standards) => {
                standards.iter().map(|(standard, _)| standard.standards_id).collect()
            }
            Subject::Seat(standard, _) => vec![standard.standards_id],
        }
    }

    /// The product fields that name the standard, which a finding of a security control has not (STD-04).
    pub(super) fn product_fields(&self, key: &HubKey, remediation: &str) -> Vec<(&'static str, Cow<'static, str>)> {
        let Subject::Seat(standard, seat) = self else { return Vec::new() };
        let arn = standard.arn(key.region.partition(), "");
        let subscription = subscription_arn(key, standard);
        let names = match standard.form {
            Form::Ruleset => [
                ("StandardsGuideArn", arn.into()),
                ("StandardsGuideSubscriptionArn", subscription.into()),
                ("RuleId", seat.number.into()),
            ],
            Form::Standard | Form::SecurityControl => [
                ("StandardsArn", arn.into()),
                ("StandardsSubscriptionArn", subscription.into()),
                ("ControlId", seat.id.into()),
            ],
        };
        let mut fields = Vec::from(names);
        fields.push(("RecommendationUrl", remediation.to_owned().into()));
        fields.push(("StandardsControlArn", control_arn(key, standard, seat).into()));
        fields
    }
}
