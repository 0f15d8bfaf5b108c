//! How a table answers a filter: which columns, in what sequence, and what must be read from documents.

use roaring::RoaringBitmap;

use crate::column::Probe;
use crate::filter::Filter;
use crate::schema::{FieldId, FieldKind, Schema};

/// The steps that find the rows of a filter.
#[derive(Debug)]
pub(crate) enum Plan<'f> {
    /// All candidates.
    Everything,
    /// Each step among the rows that the ones before it left; those that read documents come last.
    Intersection(Vec<Plan<'f>>),
    /// Each step among the rows that the ones before it did not find.
    Union(Vec<Plan<'f>>),
    /// The candidates that the step does not find.
    Complement(Box<Plan<'f>>),
    /// Answered by a column.
    Column { field: FieldId, probe: Probe<'f> },
    /// Answered by reading the candidates' documents: keyword search, whose column would be all text there is.
    Documents { field: FieldId, probe: Probe<'f> },
}

/// What a plan reads from.
pub(crate) trait Source {
    /// Those of `candidates` with a value in the column of `field` that passes.
    fn column(&self, field: FieldId, probe: Probe<'_>, candidates: &RoaringBitmap) -> RoaringBitmap;
    /// Those of `candidates` with a value in their document that passes.
    fn documents(&self, field: FieldId, probe: Probe<'_>, candidates: &RoaringBitmap) -> RoaringBitmap;
}

impl<'f> Plan<'f> {
    pub(crate) fn new(filter: &'f Filter, schema: &Schema) -> Self {
        let steps = |parts: &'f [Filter]| {
            let mut steps: Vec<Self> = parts.iter().map(|part| Self::new(part, schema)).collect();
            steps.sort_by_key(Self::reads_documents);
            steps
        };
        match filter {
            Filter::All(parts) if parts.is_empty() => Self::Everything,
            Filter::All(parts) => Self::Intersection(steps(parts)),
            Filter::Any(parts) => Self::Union(steps(parts)),
            Filter::Not(part) => Self::Complement(Box::new(Self::new(part, schema))),
            Filter::Term { field, test } => Self::leaf(*field, Probe::Test(test), schema),
            Filter::In { field, values } => Self::leaf(*field, Probe::In(values), schema),
        }
    }

    fn leaf(field: FieldId, probe: Probe<'f>, schema: &Schema) -> Self {
        match schema.kind(field) {
            Some(FieldKind::Keyword) => Self::Documents { field, probe },
            _ => Self::Column { field, probe },
        }
    }

    fn reads_documents(&self) -> bool {
        match self {
            Self::Everything | Self::Column { .. } => false,
            Self::Documents { .. } => true,
            Self::Complement(step) => step.reads_documents(),
            Self::Intersection(steps) | Self::Union(steps) => steps.iter().any(Self::reads_documents),
        }
    }

    /// Adds the fields whose columns are needed.
    pub(crate) fn columns(&self, fields: &mut Vec<FieldId>) {
        match self {
            Self::Everything | Self::Documents { .. } => {}
            Self::Column { field, .. } => fields.push(*field),
            Self::Complement(step) => step.columns(fields),
            Self::Intersection(steps) | Self::Union(steps) => steps.iter().for_each(|step| step.columns(fields)),
        }
    }

    /// Those of `candidates` that satisfy the filter.
    pub(crate) fn rows(&self, source: &impl Source, candidates: &RoaringBitmap) -> RoaringBitmap {
        match self {
            Self::Everything => candidates.clone(),
            Self::Intersection(steps) => intersection(steps, source, candidates),
            Self::Union(steps) => union(steps, source, candidates),
            Self::Complement(step) => candidates - step.rows(source, candidates),
            Self::Column { field, probe } => source.column(*field, *probe, candidates),
            Self::Documents { field, probe } => source.documents(*field, *probe, candidates),
        }
    }
}

fn intersection(steps: &[Plan<'_>], source: &impl Source, candidates: &RoaringBitmap) -> RoaringBitmap {
    let mut left = candidates.clone();
    for step in steps {
        if left.is_empty() {
            break;
        }
        left = step.rows(source, &left);
    }
    left
}

fn union(steps: &[Plan<'_>], source: &impl Source, candidates: &RoaringBitmap) -> RoaringBitmap {
    let mut found = RoaringBitmap::new();
    for step in steps {
        let left = candidates - &found;
        if left.is_empty() {
            break;
        }
        found |= step.rows(source, &left);
    }
    found
}
