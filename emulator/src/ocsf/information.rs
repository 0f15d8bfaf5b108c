//! Writes `finding_info`, `remediation` and `count`.

use securityhub_engine::json::text;

use super::asff::Member;
use super::out::{Out, inside};
use super::source::{Class, Product, Source, product_parts};

/// The description of a remediation that has only a reference, as findings of GuardDuty have it (OCF-33).
const SEE_REFERENCES: &str = "Please review the remediation guidance provided in the referenced documentation";

/// The members of ProductFields that OCSF contains (OCM-29).
struct ProductFields<'t> {
    rule: Option<&'t str>,
    rule_type: Option<&'t str>,
    count: Option<&'t str>,
    detector: Option<&'t str>,
}

/// The members of an attack sequence that OCSF contains (OCM-88).
struct Sequence<'t> {
    signals: Option<&'t str>,
    indicators: Option<&'t str>,
}

impl<'t> ProductFields<'t> {
    fn of(source: &Source<'t>) -> ProductFields<'t> {
        let [rule, rule_type, count, detector] = text::values_of(
            source.get(Member::ProductFields),
            [
                "RelatedAWSResources:0/name",
                "RelatedAWSResources:0/type",
                "aws/guardduty/service/count",
                "aws/guardduty/service/detectorId",
            ],
        );
        ProductFields { rule, rule_type, count, detector }
    }
}

impl<'t> Sequence<'t> {
    fn of(source: &Source<'t>) -> Sequence<'t> {
        let [sequence] = text::values_of(source.get(Member::Detection), ["Sequence"]);
        let [signals, indicators] = text::values_of(sequence, ["Signals", "SequenceIndicators"]);
        Sequence { signals, indicators }
    }
}

/// Writes `finding_info` (OCF-12) and `count`.
pub(super) fn write(source: &Source<'_>, out: &mut Out<'_>) {
    let fields = ProductFields::of(source);
    let sequence = Sequence::of(source);
    out.object("finding_info", |out| {
        analytic(&fields, out);
        attacks(&sequence, out);
        out.time(["created_time", "created_time_dt"], source.get(Member::CreatedAt));
        out.copy("desc", source.get(Member::Description));
        out.time(["first_seen_time", "first_seen_time_dt"], source.get(Member::FirstObservedAt));
        out.time(["last_seen_time", "last_seen_time_dt"], source.get(Member::LastObservedAt));
        out.time(["modified_time", "modified_time_dt"], source.get(Member::UpdatedAt));
        out.object("product", |out| out.copy("uid", fields.detector));
        related_events(source, &sequence, out);
        out.copy("src_url", source.get(Member::SourceUrl));
        out.tags("tags", source.get(Member::UserDefinedFields));
        out.copy("title", source.get(Member::Title));
        types(source, out);
        out.copy("uid", source.get(Member::Id));
        if source.product == Product::GuardDuty {
            out.text("uid_alt", source.text(Member::Id).rsplit('/').next().unwrap_or_default());
        }
    });
    let signals = count(sequence.signals);
    if signals > 0 {
        out.number("count", signals);
    } else if let Some(count) = inside(fields.count).and_then(|count| count.parse::<i64>().ok()) {
        out.number("count", count);
    }
}

/// Writes the analytic that made the finding: the AWS Config rule of a control, or the detector of GuardDuty.
fn analytic(fields: &ProductFields<'_>, out: &mut Out<'_>) {
    let (name, detector) = (inside(fields.rule), inside(fields.detector));
    if name.or(detector).is_none() {
        return;
    }
    out.object("analytic", |out| {
        out.copy("category", fields.rule_type);
        out.copy("name", fields.rule);
        out.coded(["type", "type_id"], (1, "Rule"));
        out.copy("uid", fields.detector);
    });
}

/// Writes the tactics and techniques of an attack sequence.
fn attacks(sequence: &Sequence<'_>, out: &mut Out<'_>) {
    let Some(indicators) = sequence.indicators else { return };
    out.list("attacks", |out| {
        text::each_element(indicators, |indicator| {
            let [key, values] = text::values_of(Some(indicator), ["Key", "Values"]);
            let kind = match inside(key) {
                Some("ATTACK_TACTIC") => "tactic",
                Some("ATTACK_TECHNIQUE") => "technique",
                _ => return,
            };
            text::each_element(values.unwrap_or_default(), |value| {
                out.element(|out| out.object(kind, |out| out.copy("name", Some(value))));
            });
        });
    });
}

/// Writes the findings that the provider names as related, and the signals of an attack sequence (OCM-26, OCM-88).
fn related_events(source: &Source<'_>, sequence: &Sequence<'_>, out: &mut Out<'_>) {
    let findings = source.get(Member::RelatedFindings);
    let mut number = 0;
    out.list("related_events", |out| {
        text::each_element(findings.unwrap_or_default(), |finding| {
            let [id, product_arn] = text::values_of(Some(finding), ["Id", "ProductArn"]);
            if inside(id).is_none() {
                return;
            }
            number += 1;
            out.element(|out| {
                out.object("product", |out| product(inside(product_arn).unwrap_or_default(), out));
                out.text("type", "Finding");
                out.copy("uid", id);
            });
        });
        text::each_element(sequence.signals.unwrap_or_default(), |signal| {
            let [id, title] = text::values_of(Some(signal), ["Id", "Title"]);
            if inside(id).is_none() {
                return;
            }
            number += 1;
            out.element(|out| {
                out.copy("title", title);
                out.text("type", "FINDING");
                out.copy("uid", id);
            });
        });
    });
    if number > 0 {
        out.number("related_events_count", number);
    }
}

fn product(arn: &str, out: &mut Out<'_>) {
    match product_parts(arn) {
        (arn, "") => out.text("uid", arn),
        (scope, id) => out.pieces("uid", [scope, ":productv2/", id]),
    }
}

fn count(list: Option<&str>) -> i64 {
    let mut count = 0;
    text::each_element(list.unwrap_or_default(), |_| count += 1);
    count
}

/// Writes the types of the finding and then, unless it is among them, the family of types of its class (OCM-20).
fn types(source: &Source<'_>, out: &mut Out<'_>) {
    let (_, _, family) = source.class.facts();
    let is_shortened = matches!(source.product, Product::GuardDuty | Product::Macie);
    out.list("types", |out| {
        let mut has_family = false;
        text::each_element(source.get(Member::Types).unwrap_or_default(), |value| {
            let value = inside(Some(value)).unwrap_or_default();
            has_family |= value == family;
            if is_shortened {
                out.text_element(&shortened(value));
            } else {
                out.text_element(value);
            }
        });
        if !has_family {
            out.text_element(family);
        }
    });
}

/// The name that GuardDuty and Macie give a type: `Stealth:IAMUser/CloudTrailLoggingDisabled`.
fn shortened(asff: &str) -> String {
    let last = asff.rsplit('/').next().filter(|last| !last.is_empty());
    last.map_or_else(|| asff.to_owned(), |last| last.replacen('-', "/", 1))
}

/// Writes `remediation` (OCF-23). Recorded findings of Inspector have none (OCF-32), and OCSF does not define it for data
/// security findings.
pub(super) fn remediation(source: &Source<'_>, out: &mut Out<'_>) {
    if source.product == Product::Inspector || source.class == Class::DataSecurity {
        return;
    }
    let [recommendation] = text::values_of(source.get(Member::Remediation), ["Recommendation"]);
    let [desc, url] = text::values_of(recommendation, ["Text", "Url"]);
    if inside(desc).or(inside(url)).is_none() {
        return;
    }
    out.object("remediation", |out| {
        out.text("desc", inside(desc).unwrap_or(SEE_REFERENCES));
        out.list("references", |out| out.text_element(inside(url).unwrap_or_default()));
    });
}
