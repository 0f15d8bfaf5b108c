//! The parts of a page: its route, the context in which it is shown, its content, and the reasons why it cannot be
//! shown.
//!
//! A page is a function from a [`Context`] to a [`Content`]. It reads through the context, builds the struct of its
//! template, and lists the calls that return the same. It is tested without HTTP.

use std::path::PathBuf;
use std::sync::Arc;

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::{Value, json};

use super::backend::Backend;
use super::call::{self, Call, Kind};
use super::chips::{self, Chip};
use super::forms::Form;
use super::messages::Message;
use super::template::html;
use super::text;
use super::view::{Query, View};
use crate::aws_error::AwsError;
use crate::control::Error;
use crate::domain::findings::counts::Counter;
use crate::domain::findings::lookup::Found;
use crate::journal::{CallSummary, Filter};
use crate::state::{AccountId, World};

/// A page of the dashboard.
pub struct Route {
    /// The path below the Region, empty for the first page.
    pub path: &'static str,
    /// The name of its link in the navigation; `None` for a page that only other pages link to. It belongs to the last
    /// link before it.
    pub link: Option<&'static str>,
    /// The query of that link, without the question mark.
    pub query: &'static str,
    /// Shows the page.
    pub show: fn(&Context<'_>) -> Result<Content, PageError>,
    /// Carries out the action of a form of the page; `None` for a page without forms that write.
    pub act: Option<Act>,
}

impl Route {
    /// The heading while the content of the page cannot be shown: the name of its link, or of its path.
    pub fn heading(&self) -> String {
        let of_path = || {
            let mut letters = self.path.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect())
        };
        self.link.map(str::to_owned).or_else(of_path).unwrap_or_default()
    }
}

/// A function that carries out the action of a form.
pub type Act = fn(&Context<'_>, &Form) -> Result<Done, PageError>;

/// The content of `main`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// The only h1, which is also in the title.
    pub heading: String,
    /// Everything below the heading, as HTML.
    pub body: String,
    /// The calls that return what is shown.
    pub calls: Vec<Call>,
    /// The reason why a part of the query cannot be used. The page then has the status 400.
    pub alert: Option<String>,
    /// The error of the service because of which parts of the page are missing: its sentence and its code.
    pub refusal: Option<(String, Option<String>)>,
    /// True if what the query names does not exist. The page then has the status 404.
    pub is_missing: bool,
}

impl Content {
    /// Content from a template.
    pub fn new(heading: &str, template: &impl Template, calls: Vec<Call>) -> Content {
        Content { heading: heading.to_owned(), body: html(template), calls, ..Content::default() }
    }
}

/// A section or a view of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Its HTML.
    pub html: String,
    /// The calls that return what it shows.
    pub calls: Vec<Call>,
    /// The reason why a part of the query cannot be used.
    pub alert: Option<String>,
}

impl Section {
    /// A section from a template.
    pub fn new(template: &impl Template, calls: Vec<Call>) -> Section {
        Section { html: html(template), calls, alert: None }
    }
}

/// The result of an action.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// The message about the result.
    pub message: Message,
    /// The view to show next; `None` for the view of the form.
    pub next: Option<View>,
}

impl From<Message> for Done {
    fn from(message: Message) -> Done {
        Done { message, next: None }
    }
}

/// The reason why a page cannot be shown, or an action cannot be done.
#[derive(Clone, Debug, PartialEq)]
pub enum PageError {
    /// The service has refused a call.
    Refused {
        /// The sentence of the service.
        sentence: String,
        /// The code of the error; `None` for the control plane.
        code: Option<String>,
        /// The status that the account gets.
        status: u16,
        /// The call.
        call: Box<Call>,
    },
    /// The query or the form contains something that cannot be used. The sentence names it.
    Invalid(String),
    /// The requested object does not exist.
    NotFound {
        /// A sentence about what is missing.
        sentence: String,
        /// The name of a link to a view that exists, and the view.
        instead: Box<(String, View)>,
    },
    /// The query is a short form of another view, to which the browser is redirected.
    Moved(Box<View>),
}

impl PageError {
    /// The form names an action that its page does not have.
    pub fn unknown_action(action: &str) -> PageError {
        PageError::Invalid(format!("`{action}` is not an action of this page."))
    }

    /// The requested object does not exist; `name` is the name of a link to a view that does.
    pub fn not_found(sentence: String, name: &str, view: View) -> PageError {
        PageError::NotFound { sentence, instead: Box::new((name.to_owned(), view)) }
    }

    fn of_api(error: &AwsError, call: Call) -> PageError {
        let (sentence, code) = (error.message.clone().into_owned(), Some(error.name().to_owned()));
        PageError::Refused { sentence, code, status: error.status, call: Box::new(call) }
    }

    fn of_control(error: Error, call: Call) -> PageError {
        PageError::Refused { sentence: error.message, code: None, status: error.status, call: Box::new(call) }
    }
}

/// A number of findings, with the address of the findings that it counts (DSH-25). It is not a link if no filters select
/// exactly these findings.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(path = "parts/count.html")]
pub struct Count {
    /// The number.
    pub number: String,
    /// The address of the findings; empty if there is none.
    pub address: String,
}

impl Count {
    /// The HTML.
    pub fn html(&self) -> String {
        html(self)
    }
}

/// The context in which a page is shown.
pub struct Context<'c> {
    /// The view of the request.
    pub view: &'c View,
    /// The world, for names and numbers that no call returns.
    pub world: Arc<World>,
    /// The token of forms.
    pub token: String,
    /// The form that was refused, so that the page can show again what was typed.
    pub typed: Option<&'c Form>,
    /// The address of this program, such as `http://127.0.0.1:4600`.
    pub endpoint: String,
    backend: &'c dyn Backend,
}

impl<'c> Context<'c> {
    /// The context of a view.
    pub fn new(backend: &'c dyn Backend, view: &'c View, token: String, endpoint: String) -> Context<'c> {
        Context { view, world: backend.world(), token, typed: None, endpoint, backend }
    }

    /// `Show me the call` for calls of a form, before they are made, or of a part of the page.
    pub fn shown(&self, calls: &[Call]) -> String {
        call::details(calls, self.view, &self.endpoint)
    }

    /// The same after a form was refused.
    #[must_use]
    pub fn with_typed(self, form: &'c Form) -> Context<'c> {
        Context { typed: Some(form), ..self }
    }

    /// The answer to an operation that reads, as the account of the view.
    ///
    /// # Errors
    /// [`PageError::Refused`] with the call, which the caller returns to show it instead of the page.
    pub fn read(&self, operation: Operation, input: &Value) -> Result<Value, PageError> {
        self.fetch(&Call::api(operation, input.clone()))
    }

    /// The same as the account of another view, in its Region.
    ///
    /// # Errors
    /// [`PageError::Refused`] with the call.
    pub fn read_as(&self, view: &View, operation: Operation, input: &Value) -> Result<Value, PageError> {
        self.fetch(&Call::api(operation, input.clone()).by(view))
    }

    /// The answer to a call of an operation that reads, or of the control plane.
    ///
    /// # Errors
    /// [`PageError::Refused`] with the call.
    pub fn fetch(&self, call: &Call) -> Result<Value, PageError> {
        self.make(call, |view, operation, input| self.backend.read(view, operation, input))
    }

    /// The answer to a call of an operation that writes, or of the control plane.
    ///
    /// # Errors
    /// [`PageError::Refused`] with the call.
    pub fn send(&self, call: &Call) -> Result<Value, PageError> {
        self.make(call, |view, operation, input| self.backend.write(view, operation, input))
    }

    fn make(
        &self,
        call: &Call,
        operate: impl FnOnce(&View, Operation, &Value) -> Result<Value, AwsError>,
    ) -> Result<Value, PageError> {
        match call.kind() {
            Kind::Api { operation, input } => {
                let answered = operate(&call.caller(self.view), *operation, input);
                answered.map_err(|error| PageError::of_api(&error, call.clone().of("")))
            }
            Kind::Control { method, path, body, .. } => {
                let answered = self.backend.control(method, path, body);
                answered.map_err(|error| PageError::of_control(error, call.clone().of("")))
            }
        }
    }

    /// The findings with a product and an Id that the account sees. They are those that GetFindings returns.
    ///
    /// # Errors
    /// [`PageError::Refused`] with a call to GetFindings.
    pub fn find(&self, product_arn: &str, id: &str) -> Result<Vec<Found>, PageError> {
        let found = self.backend.find(self.view, product_arn, id);
        found.map_err(|error| PageError::of_api(&error, Call::of_finding(product_arn, id)))
    }

    /// All items of a list that an operation returns in pages, for lists that are short in every world.
    ///
    /// # Errors
    /// [`PageError::Refused`] with the call.
    pub fn read_all(&self, operation: Operation, input: &Value, list: &str) -> Result<Vec<Value>, PageError> {
        const PAGES: usize = 100;
        let (mut items, mut input) = (Vec::new(), input.clone());
        for _ in 0..PAGES {
            let mut answer = self.read(operation, &input)?;
            if let Some(Value::Array(page)) = answer.get_mut(list).map(Value::take) {
                items.extend(page);
            }
            let token = answer["NextToken"].take();
            if token.is_null() {
                break;
            }
            input["NextToken"] = token;
        }
        Ok(items)
    }

    /// The token with which GetFindings returns the findings of an input after the first `count`.
    ///
    /// # Errors
    /// [`PageError::Refused`] with a call to GetFindings.
    pub fn token_after(&self, input: &Value, count: usize) -> Result<Option<String>, PageError> {
        let token = self.backend.token_after(self.view, input, count);
        token.map_err(|error| PageError::of_api(&error, Call::api(Operation::GetFindings, input.clone())))
    }

    /// Counts findings that the account sees.
    ///
    /// # Errors
    /// [`PageError::Refused`] with a call to GetFindings.
    pub fn count<R>(&self, mut query: impl FnMut(&Counter<'_>) -> Result<R, AwsError>) -> Result<R, PageError> {
        let mut answer = None;
        let counted = self.backend.count(self.view, &mut |counter| {
            answer = Some(query(counter)?);
            Ok(())
        });
        let call = || Call::api(Operation::GetFindings, json!({}));
        match (counted, answer) {
            (Ok(()), Some(answer)) => Ok(answer),
            (Err(error), _) => Err(PageError::of_api(&error, call())),
            (Ok(()), None) => {
                let error = AwsError::invalid_input("the query has no result");
                Err(PageError::of_api(&error, call()))
            }
        }
    }

    /// Up to `limit` recorded API calls before a number that a filter selects, newest first; `None` if calls are not
    /// recorded.
    pub fn calls(&self, filter: &Filter, before: u64, limit: usize) -> Option<Vec<CallSummary>> {
        self.backend.calls(filter, before, limit)
    }

    /// The memory of the process in bytes, if it is known.
    pub fn memory(&self) -> Option<u64> {
        self.backend.memory()
    }

    /// The paths of the files of the scenario with which the program started.
    pub fn scenario_files(&self) -> Vec<PathBuf> {
        self.backend.scenario_files()
    }

    /// A number of findings with the link to them.
    pub fn counted(&self, number: u64, chips: &[Chip]) -> Count {
        Count { number: text::number(number), address: self.findings(chips) }
    }

    /// A number of findings, with the link to them if there are chips that select them.
    pub fn counted_if(&self, number: u64, chips: Option<Vec<Chip>>) -> Count {
        let address = chips.map(|chips| self.findings(&chips)).unwrap_or_default();
        Count { number: text::number(number), address }
    }

    /// The address of the findings that chips select.
    pub fn findings(&self, chips: &[Chip]) -> String {
        self.link("findings", chips::query(chips))
    }

    /// The address of a finding. `account` is its owner, which distinguishes findings with the same product and Id; it may
    /// be empty.
    pub fn finding(&self, product_arn: &str, id: &str, account: &str) -> String {
        let query = Query::default().and("product", product_arn).and("id", id);
        self.link("finding", if account.is_empty() { query } else { query.and("account", account) })
    }

    /// The address to which the forms of the page are sent.
    pub fn here(&self) -> String {
        self.view.repeated().address()
    }

    /// The address of a page for the same account and Region.
    pub fn link(&self, page: &str, query: Query) -> String {
        self.view.to(page, query).address()
    }

    /// The name of an account, if it is known.
    pub fn name(&self, account: AccountId) -> Option<String> {
        name(&self.world, account)
    }

    /// The value of a field of the refused form; empty if the page is shown for the first time.
    pub fn typed(&self, field: &str) -> &str {
        self.typed.map(|form| form.field(field)).unwrap_or_default()
    }
}

/// The name of an account, if it is known.
pub fn name(world: &World, account: AccountId) -> Option<String> {
    let directory = world.directory();
    let name = &directory.accounts.get(&account)?.name;
    (*name != format!("account-{account}")).then(|| name.clone())
}
