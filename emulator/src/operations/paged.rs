//! Lists that are answered a page at a time: token, size and rows are the members that the model's paginator names.
//!
//! [`PageRequest::read`] takes token and size out of the input, [`PageRequest::open`] checks the token, and only the
//! resulting [`Paged`] can select a page. So no list can be answered without checking its token. GetFindings and
//! GetFindingHistory use a [`Binding`] directly, because the table selects their pages.

use securityhub_engine::{Position, SortValue};
use securityhub_fixtures::Operation;
use securityhub_fixtures::model::Paginator;
use serde::de::DeserializeOwned;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

use super::Answer;
use super::context::{Context, Input};
use super::paging::{Binding, PAGE};
use crate::aws_error::{AwsError, ErrorCode};
use crate::invariant::Invariant;

/// The page that an input requests; its token is not checked yet.
pub struct PageRequest {
    operation: Operation,
    paginator: &'static Paginator,
    token: Option<String>,
    size: Option<usize>,
}

impl PageRequest {
    /// Takes token and size out of an input, and reads its other members.
    ///
    /// # Errors
    /// The errors of [`Input::read`]; 500 if the model has no paginator for the operation.
    pub fn read<T: DeserializeOwned>(operation: Operation, input: Input) -> Result<(PageRequest, T), AwsError> {
        let paginator = operation.model().paginator.as_ref().ok_or_else(|| not_paged(operation))?;
        PageRequest::read_as(paginator, operation, input)
    }

    /// [`PageRequest::read`] for an operation whose paginator is missing from the model.
    ///
    /// # Errors
    /// The errors of [`Input::read`].
    pub fn read_as<T: DeserializeOwned>(
        paginator: &'static Paginator,
        operation: Operation,
        mut input: Input,
    ) -> Result<(PageRequest, T), AwsError> {
        let token = input.take(paginator.input_token)?;
        let size = paginator.limit.map_or(Ok(None), |limit| input.take(limit))?;
        Ok((PageRequest { operation, paginator, token, size }, input.read()?))
    }

    /// Checks the token. It is valid for this operation and `query` only: the part of the input that decides which rows
    /// there are and in which order. Without a requested size a page has up to [`PAGE`] rows.
    ///
    /// # Errors
    /// The errors of [`Binding::open`].
    pub fn open(self, context: &Context<'_>, query: &Value) -> Result<Paged, AwsError> {
        let binding = Binding::new(context, self.operation, query);
        let after = binding.open(self.token.as_deref())?;
        Ok(Paged { paginator: self.paginator, binding, after, size: self.size })
    }
}

fn not_paged(operation: Operation) -> AwsError {
    AwsError::new(ErrorCode::InternalException, format!("The model has no paginator for {}", operation.name()))
}

/// A list whose token has been checked.
pub struct Paged {
    paginator: &'static Paginator,
    binding: Binding,
    after: Option<Position>,
    size: Option<usize>,
}

impl Paged {
    /// Sets the size of a page if none is requested.
    #[must_use]
    pub fn default_size(self, size: usize) -> Paged {
        Paged { size: self.size.or(Some(size)), ..self }
    }

    /// The page of rows that are sorted by name.
    pub fn by_name<R>(self, rows: impl IntoIterator<Item = R>, name: impl Fn(&R) -> String) -> Page<R> {
        self.by_name_in(rows, name, |name, last| name > last)
    }

    /// The page of rows that have names but are sorted differently: `is_after` compares two names.
    pub fn by_name_in<R>(
        self,
        rows: impl IntoIterator<Item = R>,
        name: impl Fn(&R) -> String,
        is_after: impl Fn(&str, &str) -> bool,
    ) -> Page<R> {
        let position = |row: &R| Position { keys: vec![SortValue::Text(name(row))], sequence: 0 };
        let name_of = |last: &'_ Position| match last.keys.first() {
            Some(SortValue::Text(last)) => Some(last.clone()),
            _ => None,
        };
        let last = self
            .after
            .as_ref()
            .and_then(|last| name_of(last).or_report("the token of a list sorted by name contains a name"));
        self.cut(rows, position, |row, _| last.as_ref().is_none_or(|last| is_after(&name(row), last)))
    }

    /// The page of rows that are sorted by number.
    pub fn by_number<R>(self, rows: impl IntoIterator<Item = R>, number: impl Fn(&R) -> u64) -> Page<R> {
        let position = |row: &R| Position { keys: Vec::new(), sequence: number(row) };
        self.cut(rows, position, |row, last| number(row) > last.sequence)
    }

    /// The page of rows whose order never changes, so that a row's index in the list is its number.
    pub fn in_fixed_order<R>(self, rows: impl IntoIterator<Item = R>) -> Page<R> {
        self.by_number((0..).zip(rows), |(number, _)| *number).map(|(_, row)| row)
    }

    /// Takes the rows after the previous page, and one more than fits to see whether another page follows.
    fn cut<R>(
        self,
        rows: impl IntoIterator<Item = R>,
        position: impl Fn(&R) -> Position,
        is_after: impl Fn(&R, &Position) -> bool,
    ) -> Page<R> {
        let size = self.size.unwrap_or(PAGE);
        let rest = rows.into_iter().filter(|row| self.after.as_ref().is_none_or(|last| is_after(row, last)));
        let mut rows: Vec<R> = rest.take(size.saturating_add(1)).collect();
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next_token = rows.last().filter(|_| has_more).map(|last| self.binding.seal(&position(last)));
        Page { paginator: self.paginator, rows, next_token }
    }
}

/// A page of rows, and the token of the next one.
pub struct Page<R> {
    paginator: &'static Paginator,
    rows: Vec<R>,
    next_token: Option<String>,
}

impl<R> Page<R> {
    /// The rows in another form.
    pub fn map<W>(self, mut form: impl FnMut(R) -> W) -> Page<W> {
        self.filter_map(|row| Some(form(row)))
    }

    /// The rows in another form, without those that were deleted since the page was selected.
    pub fn filter_map<W>(self, form: impl FnMut(R) -> Option<W>) -> Page<W> {
        let Page { paginator, rows, next_token } = self;
        Page { paginator, rows: rows.into_iter().filter_map(form).collect(), next_token }
    }
}

impl<R: Serialize> Page<R> {
    /// Answers with the page.
    ///
    /// # Errors
    /// The errors of [`Answer::json`].
    pub fn answer(&self) -> Result<Answer, AwsError> {
        Answer::json(self)
    }
}

impl<R: Serialize> Serialize for Page<R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        if let Some(result) = self.paginator.result {
            members.serialize_entry(result, &self.rows)?;
        }
        if let Some(next_token) = &self.next_token {
            members.serialize_entry(self.paginator.output_token, next_token)?;
        }
        members.end()
    }
}

#[cfg(test)]
mod tests;
