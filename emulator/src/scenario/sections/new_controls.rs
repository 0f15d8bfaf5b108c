//! `new_controls`: controls that AWS adds to standards at a later time (SEC-50 … SEC-52).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use securityhub_fixtures::standards::{self, CONTROLS, Control, STANDARDS, Standard};
use serde::Deserialize;

use super::standards as names;
use crate::domain::controls::standards::new_controls;
use crate::scenario::check::Check;
use crate::scenario::files::Span;
use crate::scenario::spanned::Spanned;
use crate::state::World;
use crate::suggest;
use crate::units::{DurationError, EXPECTED_DURATION, duration};

/// A control that AWS adds to standards while the emulator runs. Until then, the control does not exist for any
/// operation. Then it is enabled in hubs with one of the standards, unless their auto_enable_controls is false.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "NewControl")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Control, such as S3.25.
    #[schemars(with = "String")]
    control: Option<Spanned<String>>,
    /// Time at which the control is added: a time, such as 2026-02-01T00:00:00Z, or a duration after the start, such as
    /// P10D.
    #[schemars(with = "String")]
    at: Option<Spanned<String>>,
    /// Standards that the control is added to, such as fsbp-1.0.0. Other standards that include it have it from
    /// the start. Default: all standards that include it.
    #[schemars(extend("minItems" = 1))]
    standards: Option<Vec<Spanned<String>>>,
}

/// The time at which a control is added.
#[derive(Clone, Copy, Debug)]
enum When {
    At(Timestamp),
    After(SignedDuration),
}

/// A control that is added later.
#[derive(Debug)]
pub(in crate::scenario) struct Valid {
    control: &'static Control,
    standards: Vec<&'static Standard>,
    when: When,
}

/// Checks all entries. Years and months of durations are calendar units counted from the initial time of the clock.
pub(in crate::scenario) fn check(written: &[Declared], start: Timestamp, check: &mut Check) -> Vec<Valid> {
    let mut valid: Vec<Valid> = Vec::new();
    let mut spans: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for written in written {
        let (Some(new), Some(name), Some(at)) = (check_one(written, start, check), &written.control, &written.at)
        else {
            continue;
        };
        let span = name.span;
        if matches!(new.when, When::At(at) if at <= start) && !check.is_lost(&["clock", "now"]) {
            let message = format!(
                "{} is available from the start because its time is not later than the initial time of the clock",
                new.control.id
            );
            check.push(check.at(at.span, message).warning());
        }
        for standard in &new.standards {
            if let Some(earlier) = spans.insert((new.control.id, standard.id), span) {
                let line = check.line(earlier, span);
                let message = format!("{} is already added to {} ({line})", new.control.id, standard.id);
                check.push(check.at(span, message).expected("at most one entry for each control and standard"));
                break;
            }
        }
        valid.push(new);
    }
    valid
}

fn check_one(written: &Declared, start: Timestamp, check: &mut Check) -> Option<Valid> {
    let when = written.at.as_ref().and_then(|at| when(at, start, check));
    let control = written.control.as_ref().and_then(|name| Some((control(name, check)?, name.span)));
    let listed = written.standards.as_deref().map(|listed| names::check(listed, names::is_offered, check));
    let (control, span) = control?;
    let holds = |standard: &&'static Standard| standard.controls_for(control).next().is_some();
    let standards = listed.unwrap_or_else(|| STANDARDS.iter().filter(holds).collect());
    for standard in standards.iter().filter(|standard| !holds(standard)) {
        let message = format!("{} does not include {}", standard.id, control.id);
        let all: Vec<&str> = STANDARDS.iter().filter(holds).map(|standard| standard.id).collect();
        check.push(check.at(span, message).expected(suggest::choices(all)));
    }
    Some(Valid { control, standards, when: when? })
}

fn when(at: &Spanned<String>, start: Timestamp, check: &mut Check) -> Option<When> {
    let when = at.value.parse().map(When::At).ok().or_else(|| duration(&at.value, start).map(When::After));
    if when.is_none() {
        let (reason, expected) = match DurationError::of(&at.value) {
            too_long @ DurationError::TooLong => {
                (format!("`{}` {}", at.value, too_long.predicate()), too_long.expected().to_owned())
            }
            DurationError::Invalid => (
                format!("`{}` is neither a time nor a duration", at.value),
                format!("a time such as 2026-02-01T00:00:00Z, or {EXPECTED_DURATION}"),
            ),
        };
        check.push(check.at(at.span, reason).expected(expected));
    }
    when
}

fn control(name: &Spanned<String>, check: &mut Check) -> Option<&'static Control> {
    let found = standards::control(&name.value);
    if found.is_none() {
        let known = CONTROLS.iter().filter(|control| control.active).map(|control| control.id);
        let diagnostic = check.at(name.span, format!("`{}` is not a security control", name.value));
        check.push(diagnostic.expected("a control such as S3.25").suggest(suggest::nearest(&name.value, known)));
    }
    found
}

/// Schedules the controls. One whose time has passed exists from the start.
pub(super) fn apply(valid: &[Valid], world: &World, now: Timestamp) {
    let mut transaction = world.write();
    for Valid { control, standards, when } in valid {
        let at = match *when {
            When::At(at) => at,
            When::After(duration) => now.checked_add(duration).unwrap_or(Timestamp::MAX),
        };
        if at > now {
            new_controls::hide_until(&mut transaction, control, standards.iter().copied(), at);
        }
    }
    transaction.commit();
}
