//! `compliance`: the result of a control (OCF-30).

use securityhub_engine::json::text;

use super::asff::Member;
use super::out::{Out, inside};
use super::source::Source;

/// The statuses, with number and name (OCM-30).
const STATUSES: [(&str, u8, &str); 4] =
    [("PASSED", 1, "Pass"), ("WARNING", 2, "Warning"), ("FAILED", 3, "Fail"), ("NOT_AVAILABLE", 0, "Unknown")];

/// Writes `compliance`.
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) {
    let compliance = source.get(Member::Compliance);
    let [status, control, standards, requirements, reasons, parameters] = text::values_of(
        compliance,
        [
            "Status",
            "SecurityControlId",
            "AssociatedStandards",
            "RelatedRequirements",
            "StatusReasons",
            "SecurityControlParameters",
        ],
    );
    let status = inside(status).unwrap_or_default();
    out.object("compliance", |out| {
        assessments(reasons, status == "PASSED", out);
        out.copy("control", control);
        control_parameters(parameters, out);
        out.copy_texts("requirements", requirements);
        out.list("standards", |out| {
            text::each_object(standards, ["StandardsId"], |[id]| {
                out.text_element(inside(id).unwrap_or_default());
            });
        });
        if let Some((_, number, name)) = STATUSES.iter().find(|(asff, ..)| *asff == status) {
            out.coded(["status", "status_id"], (*number, name));
        }
    });
}

/// Writes the reasons of the status as assessments, all with the same verdict (OCM-32).
fn assessments(reasons: Option<&str>, is_met: bool, out: &mut Out<'_>) {
    out.list("assessments", |out| {
        text::each_object(reasons, ["ReasonCode", "Description"], |[code, description]| {
            out.element(|out| {
                out.copy("desc", description);
                out.flag("meets_criteria", is_met);
                out.copy("name", code);
            });
        });
    });
}

/// Writes the parameters of the control (OCM-33).
fn control_parameters(parameters: Option<&str>, out: &mut Out<'_>) {
    out.list("control_parameters", |out| {
        text::each_object(parameters, ["Name", "Value"], |[name, values]| {
            let mut joined = String::new();
            text::each_element(values.unwrap_or_default(), |value| {
                if !joined.is_empty() {
                    joined.push(',');
                }
                joined.push_str(inside(Some(value)).unwrap_or_default());
            });
            if inside(name).is_some() && !joined.is_empty() {
                out.element(|out| {
                    out.copy("name", name);
                    out.text("value", &joined);
                });
            }
        });
    });
}
