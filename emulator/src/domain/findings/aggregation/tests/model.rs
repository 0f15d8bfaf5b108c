//! Random imports, updates, links and memberships over three Regions, compared with a simple model.

use std::collections::BTreeSet;

use quickcheck::{Arbitrary, Gen};
use securityhub_fixtures::Operation::{CreateInsight, GetInsightResults};

use super::*;
use crate::domain::caller::Caller;
use crate::domain::findings::explain::{self, Question};
use crate::state::Principal;
use crate::testing::check;

const ACCOUNTS: [&str; 2] = [ADMINISTRATOR, MEMBER];
const IDS: [&str; 3] = ["a", "b", "c"];

/// A finding: its Region, owner and id as indexes.
type Named = (usize, usize, usize);

#[derive(Clone, Debug)]
enum Step {
    /// A finding is imported, with a title of this number.
    Import(Named, usize),
    /// An account updates the note of a finding from a Region.
    Note(usize, usize, Named),
    /// Exactly these Regions are linked, by a new aggregator if there is none.
    Link(BTreeSet<usize>),
    /// The aggregator is deleted.
    Delete,
    /// The member joins or leaves in a Region.
    Member(usize),
}

impl Arbitrary for Step {
    fn arbitrary(random: &mut Gen) -> Self {
        let mut below = |end: usize| usize::arbitrary(random) % end;
        let named = (below(3), below(2), below(3));
        match below(12) {
            0..=4 => Step::Import(named, below(9)),
            5..=7 => Step::Note(below(3), below(2), named),
            8 | 9 => Step::Link((1..3).filter(|_| below(2) == 0).collect()),
            10 => Step::Delete,
            _ => Step::Member(below(3)),
        }
    }
}

/// Title and note.
type Content = (String, String);

#[derive(Debug, Default)]
struct Model {
    /// Findings, and whether they were written since their Region was linked.
    findings: BTreeMap<Named, (Content, bool)>,
    /// Replicas that unlinked Regions left in the home Region.
    replicas: BTreeMap<Named, Content>,
    linked: BTreeSet<usize>,
    members: BTreeSet<usize>,
}

impl Model {
    /// Returns whether a Region shows an account's findings in the home Region.
    fn is_shown(&self, region: usize, owner: usize) -> bool {
        self.linked.contains(&region) && (owner == 0 || self.members.contains(&region))
    }

    fn sees(&self, account: usize, owner: usize, region: usize) -> bool {
        account == owner || (account == 0 && self.members.contains(&region))
    }

    /// The findings that an account sees in a Region, and whether each is a replica.
    fn seen(&self, region: usize, account: usize) -> Vec<(Named, bool)> {
        let is_seen = |(named, (_, is_fresh)): (&Named, &(Content, bool))| {
            let is_here = named.0 == region || (region == 0 && self.is_shown(named.0, named.1) && *is_fresh);
            (is_here && self.sees(account, named.1, named.0)).then_some((*named, false))
        };
        let replicas = self.replicas.keys().filter(|named| region == 0 && self.sees(account, named.1, named.0));
        self.findings.iter().filter_map(is_seen).chain(replicas.map(|named| (*named, true))).collect()
    }

    fn written(&mut self, named: Named) {
        if self.is_shown(named.0, named.1) {
            self.replicas.remove(&named);
        }
    }

    fn change(&mut self, linked: BTreeSet<usize>, members: BTreeSet<usize>) {
        let earlier = Model { linked: self.linked.clone(), members: self.members.clone(), ..Model::default() };
        (self.linked, self.members) = (linked, members);
        for (named, (content, is_fresh)) in &mut self.findings {
            let later = Model { linked: self.linked.clone(), members: self.members.clone(), ..Model::default() };
            let (was, is) = (earlier.is_shown(named.0, named.1), later.is_shown(named.0, named.1));
            if was && !is && *is_fresh {
                self.replicas.insert(*named, content.clone());
            } else if !was && is && !earlier.linked.contains(&named.0) {
                *is_fresh = false;
            } else if !was && is && *is_fresh {
                self.replicas.remove(named);
            }
        }
    }

    fn rows(&self, region: usize, account: usize) -> Vec<Row> {
        let row = |(named, is_replica): (Named, bool)| {
            let content = if is_replica { &self.replicas[&named] } else { &self.findings[&named].0 };
            let (title, note) = content.clone();
            let texts = [REGIONS[named.0], ACCOUNTS[named.1], IDS[named.2]].map(str::to_owned);
            let [region, owner, finding_id] = texts;
            (region, owner, finding_id, title, note)
        };
        let mut rows: Vec<Row> = self.seen(region, account).into_iter().map(row).collect();
        rows.sort();
        rows
    }
}

/// The emulator and the model.
struct Both {
    stage: Stage,
    model: Model,
    arn: Option<String>,
    insight: Value,
    /// Each step has a minute of its own.
    minute: u32,
}

impl Both {
    fn new() -> Both {
        let stage = organization();
        let insight = json!({ "Name": "i", "Filters": {}, "GroupByAttribute": "Title" });
        let insight = stage.call_in(HOME, ADMINISTRATOR, CreateInsight, insight).unwrap()["InsightArn"].clone();
        let model = Model { members: [0, 1, 2].into(), ..Model::default() };
        Both { stage, model, arn: None, insight, minute: 0 }
    }

    fn take(&mut self, step: &Step) {
        self.minute += 1;
        let (stage, model) = (&self.stage, &mut self.model);
        match step {
            Step::Import(named, title) => {
                let (region, owner, finding_id) = (REGIONS[named.0], ACCOUNTS[named.1], IDS[named.2]);
                let title = format!("title {title}");
                import(stage, region, owner, finding_id, &title, self.minute);
                let (content, is_fresh) = model.findings.entry(*named).or_default();
                (content.0, *is_fresh) = (title, true);
                model.written(*named);
            }
            Step::Note(from, account, named) => {
                let text = format!("note {}", self.minute);
                let named_by = (REGIONS[named.0], ACCOUNTS[named.1]);
                let found = note(stage, (REGIONS[*from], ACCOUNTS[*account]), named_by, IDS[named.2], &text);
                let seen: Vec<(Named, bool)> =
                    model.seen(*from, *account).into_iter().filter(|(seen, _)| seen == named).collect();
                assert_eq!(found, !seen.is_empty());
                match seen.first() {
                    Some((_, true)) => model.replicas.get_mut(named).unwrap().1 = text,
                    Some((_, false)) => {
                        let (content, is_fresh) = model.findings.get_mut(named).unwrap();
                        (content.1, *is_fresh) = (text, true);
                        model.written(*named);
                    }
                    None => {}
                }
            }
            Step::Link(linked) => {
                let regions: Vec<&str> = linked.iter().map(|region| REGIONS[*region]).collect();
                match &self.arn {
                    Some(arn) => relink(stage, ADMINISTRATOR, arn, &regions),
                    None => self.arn = Some(aggregate(stage, ADMINISTRATOR, specified(&regions))),
                }
                model.change(linked.clone(), model.members.clone());
            }
            Step::Delete => {
                if let Some(arn) = self.arn.take() {
                    unlink(stage, ADMINISTRATOR, &arn);
                    model.change(BTreeSet::new(), model.members.clone());
                }
            }
            Step::Member(region) => {
                let mut members = model.members.clone();
                let is_new = members.insert(*region);
                if !is_new {
                    members.remove(region);
                }
                relate(stage, REGIONS[*region], if is_new { MemberStatus::Enabled } else { MemberStatus::Removed });
                model.change(model.linked.clone(), members);
            }
        }
    }

    fn compare(&self) {
        for (number, region) in REGIONS.into_iter().enumerate() {
            for (account_number, account) in ACCOUNTS.into_iter().enumerate() {
                let mut found = rows(&self.stage, region, account);
                found.sort();
                assert_eq!(found, self.model.rows(number, account_number), "{account} in {region}: {:?}", self.model);
                self.compare_explanations(region, account, &found);
            }
        }
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in self.model.rows(0, 0) {
            *counts.entry(row.3).or_default() += 1;
        }
        let input = json!({ "InsightArn": self.insight });
        let answer = self.stage.call_in(HOME, ADMINISTRATOR, GetInsightResults, input).unwrap();
        let values = answer["InsightResults"]["ResultValues"].as_array().unwrap();
        let found: BTreeMap<String, u64> = values
            .iter()
            .map(|value| {
                (value["GroupByAttributeValue"].as_str().unwrap().to_owned(), value["Count"].as_u64().unwrap())
            })
            .collect();
        assert_eq!(found, counts);
    }

    fn compare_explanations(&self, region: &str, account: &str, found: &[Row]) {
        let principal = Principal::local_user(id(account));
        let caller = Caller { principal, region: Region::new(region), now: self.stage.0.clock.now() };
        for finding_id in IDS {
            let question = Question { id: Some(finding_id), product_arn: None, filters: &Value::Null };
            let explanation = explain::explain(&self.stage.0, &caller, &question).unwrap();
            let returned = explanation.findings.iter().filter(|finding| finding.returned).count();
            assert_eq!(returned, found.iter().filter(|row| row.2 == finding_id).count(), "{explanation:?}");
        }
    }
}

/// Rules: VIS-03, VIS-04, AGG-10, AGG-13, AGG-14, AGG-16.
#[test]
fn every_region_shows_the_findings_of_a_reference_model() {
    fn agrees(steps: Vec<Step>) -> bool {
        let mut both = Both::new();
        for step in &steps {
            both.take(step);
            both.compare();
        }
        true
    }
    check(40).quickcheck(agrees as fn(Vec<Step>) -> bool);
}
