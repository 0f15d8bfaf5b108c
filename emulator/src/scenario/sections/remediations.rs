//! `remediations`: advice for exposures that replaces the computed one.

use schemars::JsonSchema;
use securityhub_fixtures::exposures::KINDS;
use securityhub_fixtures::model::{ShapeId, listed};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api_input::ApiInput;
use crate::scenario::check::{Check, not_null};
use crate::scenario::spanned::{Node, Spanned};
use crate::state::DeclaredRemediation;
use crate::suggest;

/// The shape of `Guidance`.
const GUIDANCE: ShapeId = listed(ShapeId::named("RemediationGuidance"));
/// The kind of traits that AWS documents, but that no computed exposure has (OCF-36).
const IMPACT: &str = "Impact";

/// Advice on how to remove the traits of one kind from an exposed resource. GetRemediationsV2 returns it instead of the
/// general advice for such traits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "Remediation")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// ID of the resource, as its exposure finding has it: an ARN, or another ID.
    #[schemars(with = "String")]
    resource: Option<Spanned<String>>,
    /// Kind of the traits: Reachability, Vulnerability, Misconfiguration, Sensitive Data, Assumability or Impact.
    #[serde(rename = "trait")]
    #[schemars(with = "String")]
    kind: Option<Spanned<String>>,
    /// Recommended action. Default: computed from the kind of the traits.
    #[schemars(transform = not_null)]
    action: Option<String>,
    /// Description of the action. Default: computed from the findings.
    #[schemars(transform = not_null)]
    description: Option<String>,
    /// If true, the action takes effect immediately. Default: computed from the kind of the traits.
    immediate: Option<bool>,
    /// Steps to take after the action.
    next_steps: Option<Vec<String>>,
    /// Articles about the action.
    articles: Option<Vec<Article>>,
    /// Guidance, as GetRemediationsV2 returns it. Default: general guidance.
    #[schemars(transform = not_null)]
    guidance: Option<Node>,
}

/// An article about an action.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "RemediationArticle")]
#[serde(deny_unknown_fields)]
struct Article {
    /// Title.
    #[schemars(with = "String")]
    title: Option<String>,
    /// Address.
    #[schemars(with = "String")]
    url: Option<String>,
}

/// Checks the entries.
pub(super) fn check(written: Vec<Declared>, check: &mut Check) -> Vec<DeclaredRemediation> {
    let mut remediations: Vec<DeclaredRemediation> = Vec::new();
    for entry in written {
        let summary = summary(&entry);
        let guidance = entry.guidance.and_then(|guidance| ApiInput::from(guidance).output("Guidance", GUIDANCE, check));
        let (Some(resource), Some(kind)) = (entry.resource, entry.kind) else { continue };
        let known = || KINDS.into_iter().chain([IMPACT]);
        if !known().any(|known| known == kind.value) {
            let diagnostic = check.at(kind.span, format!("unknown kind of trait `{}`", kind.value));
            let diagnostic = diagnostic.expected(suggest::choices(known()));
            check.push(diagnostic.suggest(suggest::nearest(&kind.value, known())));
        }
        // A later entry for the same traits replaces an earlier one.
        remediations.retain(|earlier| (&earlier.resource, &earlier.kind) != (&resource.value, &kind.value));
        remediations.push(DeclaredRemediation { resource: resource.value, kind: kind.value, summary, guidance });
    }
    remediations
}

/// The given members of `RemediationSummary`.
fn summary(entry: &Declared) -> Map<String, Value> {
    let articles = entry.articles.as_ref().map(|articles| -> Value {
        articles.iter().map(|article| json!({ "Title": article.title, "Url": article.url })).collect()
    });
    let members = [
        ("Action", entry.action.as_ref().map(|text| json!(text))),
        ("Description", entry.description.as_ref().map(|text| json!(text))),
        ("IsImmediate", entry.immediate.map(|is_immediate| json!(is_immediate))),
        ("PostRemediationSteps", entry.next_steps.as_ref().map(|steps| json!(steps))),
        ("KbArticles", articles),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}
