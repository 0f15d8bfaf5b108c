//! Random writes and links in the V2 half, compared with a simple model.

use std::collections::BTreeMap;

use quickcheck::{Arbitrary, Gen};

use super::replicas::{comment, deliver, import, linked, relink, seen};
use super::*;
use crate::testing::check;

/// Findings by their ID; `o` exists only in OCSF.
const IDS: [&str; 3] = ["a", "b", "o"];

#[derive(Clone, Debug)]
enum Step {
    /// The product sends a finding.
    Write(&'static str),
    /// The account comments on a finding in a Region.
    Comment(&'static str, &'static str),
    /// The Region is linked or unlinked.
    Toggle,
}

impl Arbitrary for Step {
    fn arbitrary(random: &mut Gen) -> Self {
        let mut below = |end: usize| usize::arbitrary(random) % end;
        let finding_id = IDS[below(3)];
        match below(9) {
            0..=3 => Step::Write(finding_id),
            4..=6 => Step::Comment([REGION, OTHER_REGION][below(2)], finding_id),
            _ => Step::Toggle,
        }
    }
}

/// Title and comment.
type Content = (String, String);

#[derive(Debug)]
struct Model {
    /// The findings of the linked Region, and whether they were written since it was linked.
    findings: BTreeMap<&'static str, (Content, bool)>,
    /// The copies in the home Region.
    copies: BTreeMap<&'static str, Content>,
    is_linked: bool,
}

impl Model {
    fn written(&mut self, finding_id: &'static str, change: impl FnOnce(&mut Content)) {
        let (content, is_shown) = self.findings.entry(finding_id).or_default();
        change(content);
        *is_shown = true;
        if self.is_linked {
            self.copies.remove(finding_id);
        }
    }

    /// Returns whether the account sees the finding in the Region, and therefore comments on it.
    fn comment(&mut self, region: &str, finding_id: &'static str, text: &str) -> bool {
        let is_shown = self.findings.get(finding_id).is_some_and(|(_, is_shown)| self.is_linked && *is_shown);
        if region == OTHER_REGION && self.findings.contains_key(finding_id) || region == REGION && is_shown {
            self.written(finding_id, |content| text.clone_into(&mut content.1));
        } else if let (REGION, Some(copy)) = (region, self.copies.get_mut(finding_id)) {
            text.clone_into(&mut copy.1);
        } else {
            return false;
        }
        true
    }

    fn toggle(&mut self) {
        self.is_linked = !self.is_linked;
        for (finding_id, (content, is_shown)) in &mut self.findings {
            if !self.is_linked && *is_shown {
                self.copies.insert(finding_id, content.clone());
            }
            *is_shown = false;
        }
    }

    fn seen(&self, region: &str) -> String {
        let own =
            self.findings.iter().filter(|(_, (_, is_shown))| region == OTHER_REGION || self.is_linked && *is_shown);
        let copies = self.copies.iter().filter(|_| region == REGION);
        let all: BTreeMap<_, _> = own.map(|(finding_id, (content, _))| (finding_id, content)).chain(copies).collect();
        let row = |(finding_id, (title, comment)): (&&str, &Content)| format!("{finding_id}={title}/{comment}");
        all.into_iter().map(row).collect::<Vec<_>>().join(" ")
    }
}

/// Rules: AGV-08, AGV-10.
#[test]
fn both_regions_show_the_findings_of_a_reference_model() {
    fn agrees(steps: Vec<Step>) -> bool {
        let (stage, arn) = linked();
        let mut model = Model { findings: BTreeMap::new(), copies: BTreeMap::new(), is_linked: true };
        for (number, step) in (1..).zip(steps) {
            let text = number.to_string();
            match step {
                Step::Write("o") => deliver(&stage, &text),
                Step::Write(finding_id) => import(&stage, ADMINISTRATOR, finding_id, &text, number),
                Step::Comment(region, finding_id) => {
                    let expected = model.comment(region, finding_id, &text);
                    assert_eq!(comment(&stage, region, finding_id, &text), expected, "{number}: {model:?}");
                }
                Step::Toggle => {
                    model.toggle();
                    relink(&stage, &arn, &[if model.is_linked { OTHER_REGION } else { "us-west-2" }]);
                }
            }
            if let Step::Write(finding_id) = step {
                model.written(finding_id, |content| content.0.clone_from(&text));
            }
            for region in [REGION, OTHER_REGION] {
                assert_eq!(
                    seen(&stage, region, ADMINISTRATOR),
                    model.seen(region),
                    "{region} after {number}: {model:?}"
                );
            }
            let copies: usize = stage.0.replica_tables().iter().map(|table| count(&stage, table)).sum();
            assert_eq!(copies, model.copies.len(), "{number}: {model:?}");
        }
        true
    }
    check(60).quickcheck(agrees as fn(Vec<Step>) -> bool);
}

fn count(stage: &Stage, table: &crate::state::TableKey) -> usize {
    stage.0.read_findings(table, |findings| findings.table().len()).unwrap_or_default()
}
