//! A finding in OCSF, as GetFindingsV2 returns it, beside its form in ASFF (DSH-70).

use std::collections::HashSet;

use askama::Template;
use securityhub_engine::Stored;
use securityhub_fixtures::{Operation, ocsf_members};
use serde_json::{Value, json};

use super::document::{anchors, written};
use super::facts::{self, Fact, Group};
use super::shown::{Shown, of_all_views};
use crate::dashboard::answer::list;
use crate::dashboard::call::Call;
use crate::dashboard::page::{Context, PageError, Section};
use crate::dashboard::template::html;

/// Maximum number of bytes of each form on a page.
const BYTES: usize = 120 * 1024;
/// Begins the anchors of members in OCSF.
const PREFIX: &str = "ocsf:";

/// The links between both forms.
#[derive(Template)]
#[template(path = "pages/finding/switch.html")]
struct Switch {
    links: [(&'static str, String, bool); 2],
}

/// The switch between both forms of a view; empty if no hub of the V2 half is enabled.
pub(super) fn switch(context: &Context<'_>, view: &str) -> String {
    if !context.world.has_hubs_v2() && !is_chosen(context) {
        return String::new();
    }
    let query = of_all_views(context).and("view", view);
    let links = [
        ("ASFF", context.link("finding", query.clone()), !is_chosen(context)),
        ("OCSF", context.link("finding", query.and("format", "ocsf")), is_chosen(context)),
    ];
    html(&Switch { links })
}

/// Returns whether the query selects OCSF.
pub(super) fn is_chosen(context: &Context<'_>) -> bool {
    context.view.query.first("format") == Some("ocsf")
}

#[derive(Template)]
#[template(path = "pages/finding/ocsf.html")]
struct Both {
    switch: String,
    /// Why the account may not read the finding in OCSF: the sentence and the code.
    refused: Option<(String, String)>,
    is_absent: bool,
    asff: String,
    ocsf: String,
    is_cut: bool,
}

/// The answer of GetFindingsV2.
struct Read {
    value: Option<Value>,
    /// Why the account may not read the finding in OCSF: the sentence and the code.
    refused: Option<(String, String)>,
    call: Call,
}

/// The facts of a finding in OCSF.
pub(super) struct Facts {
    pub(super) group: Group,
    /// Why the account may not read the finding in OCSF: the sentence and the code.
    pub(super) refused: Option<(String, String)>,
    pub(super) call: Call,
}

fn read(context: &Context<'_>, shown: &Shown) -> Result<Read, PageError> {
    let uid = context.world.ocsf().uid(Stored { document: &shown.document, annex: &[] });
    let filter = json!({ "Value": uid.unwrap_or_default(), "Comparison": "EQUALS" });
    let filters = json!({ "StringFilters": [{ "FieldName": "metadata.uid", "Filter": filter }] });
    let input = json!({ "Filters": { "CompositeFilters": [filters] }, "MaxResults": 1 });
    let call = Call::api(Operation::GetFindingsV2, input.clone()).of("The finding in OCSF");
    match context.read(Operation::GetFindingsV2, &input) {
        Ok(answer) => Ok(Read { value: list(&answer, "Findings").first().cloned(), refused: None, call }),
        Err(PageError::Refused { sentence, code, .. }) => {
            Ok(Read { value: None, refused: Some((sentence, code.unwrap_or_default())), call })
        }
        Err(other) => Err(other),
    }
}

/// `JSON` in both forms. A member links to the member of the other form that has its value.
pub(super) fn document(context: &Context<'_>, shown: &Shown) -> Result<Section, PageError> {
    let Read { value, refused, call } = read(context, shown)?;
    let is_absent = value.is_none() && refused.is_none();
    let ocsf = value.unwrap_or_default();
    let (mut of_asff, mut of_ocsf) = (HashSet::new(), HashSet::new());
    anchors(&shown.value, "", &mut of_asff);
    anchors(&ocsf, PREFIX, &mut of_ocsf);
    let to_ocsf = |anchor: &str| {
        let other = ocsf_members::in_ocsf(anchor).map(|path| format!("{PREFIX}{path}"));
        other.filter(|other| of_ocsf.contains(other)).unwrap_or_else(|| anchor.to_owned())
    };
    let to_asff = |anchor: &str| {
        let other = anchor.strip_prefix(PREFIX).and_then(ocsf_members::in_asff);
        other.filter(|other| of_asff.contains(other)).unwrap_or_else(|| anchor.to_owned())
    };
    let (asff, is_asff_cut) = written(&shown.value, "", &to_ocsf, BYTES);
    let (ocsf, is_ocsf_cut) = written(&ocsf, PREFIX, &to_asff, BYTES);
    let switch = switch(context, "json");
    let page = Both { switch, refused, is_absent, asff, ocsf, is_cut: is_asff_cut || is_ocsf_cut };
    Ok(Section::new(&page, vec![shown.call().of("The finding in ASFF"), call]))
}

/// The facts of `Overview` in OCSF, or why they cannot be read, with the call.
pub(super) fn overview(context: &Context<'_>, shown: &Shown) -> Result<Facts, PageError> {
    let Read { value, refused, call } = read(context, shown)?;
    let value = value.unwrap_or_default();
    let (info, cloud, metadata) = (&value["finding_info"], &value["cloud"], &value["metadata"]);
    let facts = [
        ("class_name", &value["class_name"]),
        ("activity_name", &value["activity_name"]),
        ("severity", &value["severity"]),
        ("vendor_attributes.severity", &value["vendor_attributes"]["severity"]),
        ("status", &value["status"]),
        ("comment", &value["comment"]),
        ("confidence_score", &value["confidence_score"]),
        ("finding_info.uid", &info["uid"]),
        ("finding_info.types", &info["types"]),
        ("finding_info.created_time_dt", &info["created_time_dt"]),
        ("finding_info.modified_time_dt", &info["modified_time_dt"]),
        ("cloud.account.uid", &cloud["account"]["uid"]),
        ("cloud.region", &cloud["region"]),
        ("metadata.product.name", &metadata["product"]["name"]),
        ("metadata.product.uid", &metadata["product"]["uid"]),
        ("metadata.uid", &metadata["uid"]),
        ("compliance.status", &value["compliance"]["status"]),
        ("compliance.control", &value["compliance"]["control"]),
        ("remediation.desc", &value["remediation"]["desc"]),
    ];
    let facts = facts.into_iter().map(|(term, value)| Fact::new(term, facts::pieces(value))).collect();
    Ok(Facts { group: Group::new("ocsf", "OCSF", facts), refused, call })
}
