//! Query plans: which columns to use, in which order, and what must be read from documents.

use crate::bits::Bits;
use crate::column::{Column, Matcher, Probe};
use crate::filter::Filter;
use crate::schema::{FieldId, FieldKind, Schema};

/// The steps that find the slots for a filter, one block at a time.
pub(crate) enum Plan<'t> {
    /// All candidates.
    Everything,
    /// No candidate.
    Nothing,
    /// Each step runs on the result of the previous one. The most selective steps come first, and those that read
    /// documents last.
    Intersection(Vec<Plan<'t>>),
    /// Each step runs on the slots that previous steps did not find.
    Union(Vec<Plan<'t>>),
    /// The candidates that the step does not find.
    Complement(Box<Plan<'t>>),
    /// Answered by a column.
    Column(Matcher<'t>),
    /// Evaluated by reading the candidates' documents: keyword search, whose column would contain all text.
    Documents { field: FieldId, probe: Probe<'t> },
}

/// The data a plan reads.
pub(crate) trait Source {
    /// The column of a field, which must have been built.
    fn column(&self, field: FieldId) -> Option<&Column>;
    /// The slots among `candidates` whose documents have a value that passes.
    fn read(&self, block: usize, candidates: &Bits, field: FieldId, probe: Probe<'_>) -> Bits;
}

/// The fields whose columns a filter needs.
pub(crate) fn columns(filter: &Filter, schema: &Schema, fields: &mut Vec<FieldId>) {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().for_each(|part| columns(part, schema, fields)),
        Filter::Not(part) => columns(part, schema, fields),
        Filter::Term { field, .. } | Filter::In { field, .. } => {
            if schema.kind(*field) != Some(FieldKind::Keyword) {
                fields.push(*field);
            }
        }
    }
}

/// Returns whether evaluating a filter reads documents.
pub(crate) fn reads_documents(filter: &Filter, schema: &Schema) -> bool {
    match filter {
        Filter::All(parts) | Filter::Any(parts) => parts.iter().any(|part| reads_documents(part, schema)),
        Filter::Not(part) => reads_documents(part, schema),
        Filter::Term { field, .. } | Filter::In { field, .. } => schema.kind(*field) == Some(FieldKind::Keyword),
    }
}

impl<'t> Plan<'t> {
    /// Plans a filter over `all` slots.
    pub(crate) fn new(filter: &'t Filter, schema: &Schema, source: &'t impl Source, all: u64) -> Self {
        let steps = |parts: &'t [Filter]| -> Vec<Self> {
            parts.iter().map(|part| Self::new(part, schema, source, all)).collect()
        };
        match filter {
            Filter::All(parts) if parts.is_empty() => Self::Everything,
            Filter::All(parts) => {
                let mut steps = steps(parts);
                if steps.iter().any(|step| matches!(step, Self::Nothing)) {
                    return Self::Nothing;
                }
                steps.retain(|step| !matches!(step, Self::Everything));
                steps.sort_by_cached_key(|step| step.rank(all));
                if steps.is_empty() { Self::Everything } else { Self::Intersection(steps) }
            }
            Filter::Any(parts) => {
                let mut steps = steps(parts);
                steps.retain(|step| !matches!(step, Self::Nothing));
                steps.sort_by_key(Self::reads_documents);
                if steps.iter().any(|step| matches!(step, Self::Everything)) {
                    return Self::Everything;
                }
                if steps.is_empty() { Self::Nothing } else { Self::Union(steps) }
            }
            Filter::Not(part) => match Self::new(part, schema, source, all) {
                Self::Nothing => Self::Everything,
                Self::Everything => Self::Nothing,
                step => Self::Complement(Box::new(step)),
            },
            Filter::Term { field, test } => Self::leaf(*field, Probe::Test(test), schema, source, all),
            Filter::In { field, values } => Self::leaf(*field, Probe::In(values), schema, source, all),
        }
    }

    fn leaf(field: FieldId, probe: Probe<'t>, schema: &Schema, source: &'t impl Source, all: u64) -> Self {
        if schema.kind(field) == Some(FieldKind::Keyword) {
            return Self::Documents { field, probe };
        }
        match source.column(field).map(|column| Matcher::new(column, probe)) {
            Some(matcher) if matcher.is_everything(all) => Self::Everything,
            Some(matcher) if !matcher.is_nothing() => Self::Column(matcher),
            _ => Self::Nothing,
        }
    }

    fn reads_documents(&self) -> bool {
        match self {
            Self::Everything | Self::Nothing | Self::Column(_) => false,
            Self::Documents { .. } => true,
            Self::Complement(step) => step.reads_documents(),
            Self::Intersection(steps) | Self::Union(steps) => steps.iter().any(Self::reads_documents),
        }
    }

    /// Estimated number of slots that a step finds; more than all if it reads documents.
    pub(crate) fn estimate(&self, all: u64) -> u64 {
        match self {
            Self::Nothing => 0,
            Self::Everything => all,
            Self::Column(matcher) => matcher.estimate(all),
            Self::Documents { .. } => u64::MAX,
            step if step.reads_documents() => u64::MAX,
            Self::Complement(step) => all.saturating_sub(step.estimate(all)),
            Self::Intersection(steps) => steps.iter().map(|step| step.estimate(all)).min().unwrap_or(all),
            Self::Union(steps) => steps.iter().map(|step| step.estimate(all)).sum::<u64>().min(all),
        }
    }

    /// The sort key of the step among others of an intersection: cheap steps that leave few slots come first.
    fn rank(&self, all: u64) -> u64 {
        if self.reads_documents() {
            return u64::MAX;
        }
        // The cost of each slot that the step rules out.
        let ruled_out = all.saturating_sub(self.estimate(all)).max(1);
        self.cost().saturating_mul(all).saturating_mul(16) / ruled_out
    }

    /// The cost of testing a slot, relative to comparing one code.
    fn cost(&self) -> u64 {
        match self {
            Self::Nothing | Self::Everything | Self::Documents { .. } => 0,
            Self::Column(matcher) => matcher.cost(),
            Self::Complement(step) => step.cost(),
            Self::Intersection(steps) | Self::Union(steps) => steps.iter().map(Self::cost).sum(),
        }
    }

    /// The slots among `candidates` that satisfy the filter. Adds the approximate number of examined slots to `work`.
    pub(crate) fn passing(&self, source: &impl Source, block: usize, candidates: &Bits, work: &mut usize) -> Bits {
        match self {
            Self::Everything => *candidates,
            Self::Nothing => Bits::NONE,
            Self::Intersection(steps) => {
                let mut left = *candidates;
                for step in steps {
                    if left.is_empty() {
                        break;
                    }
                    left = step.passing(source, block, &left, work);
                }
                left
            }
            Self::Union(steps) => {
                let mut found = Bits::NONE;
                for step in steps {
                    let left = candidates.without(&found);
                    if left.is_empty() {
                        break;
                    }
                    found = found.or(&step.passing(source, block, &left, work));
                }
                found
            }
            Self::Complement(step) => candidates.without(&step.passing(source, block, candidates, work)),
            Self::Column(matcher) => matcher.passing(block, candidates, work),
            Self::Documents { field, probe } => {
                *work += candidates.reach();
                source.read(block, candidates, *field, *probe)
            }
        }
    }
}
