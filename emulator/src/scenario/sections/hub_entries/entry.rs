//! An entry that applies to the hubs of an account, and the checks that all such entries share.

use securityhub_fixtures::Operation;
use serde_json::{Map, Value};

use crate::aws_error::AwsError;
use crate::domain::findings::filters::classic::{self, Dialect};
use crate::scenario::check::{AccountText, Check};
use crate::scenario::files::Span;
use crate::scenario::sections::all_or::AllOr;
use crate::scenario::sections::api_input::{self, ApiInput};
use crate::scenario::sections::hubs;
use crate::scenario::sections::refused::Refused;
use crate::scenario::sections::regions::RegionText;
use crate::scenario::spanned::{Content, Node, Spanned};
use crate::state::{HubKey, Region, Timestamp, World};

/// An entry and the hubs that it applies to.
#[derive(Debug)]
pub(super) struct Entry<T> {
    /// The position of errors that concern the whole entry.
    pub(super) span: Span,
    pub(super) hubs: Vec<HubKey>,
    pub(super) value: T,
}

/// The hubs of an account in several Regions; `None` after an error.
pub(super) fn hub_keys(
    account: Option<&AccountText>,
    in_regions: Option<&AllOr<RegionText>>,
    regions: &[Region],
    check: &mut Check,
) -> Option<Vec<HubKey>> {
    let account = account.and_then(|account| check.account(&account.0));
    let (found, _) = hubs::regions_of(in_regions, regions, check);
    let account = account?;
    Some(found.into_iter().map(|region| HubKey { account, region }).collect())
}

/// The error of an entry that the domain refuses as a whole.
pub(super) fn refuse(span: Span) -> impl FnOnce(AwsError) -> Refused {
    move |error| (span, error.message.into_owned())
}

/// Filters as nodes of the file, which have the positions of errors.
#[derive(Clone, Debug)]
pub(super) struct Filters(pub(super) Node);

impl Filters {
    /// Checks the filters. The error has the position of the first wrong filter.
    pub(super) fn check(
        &self,
        dialect: &'static Dialect,
        world: &World,
        now: Timestamp,
    ) -> Result<Map<String, Value>, Refused> {
        let Value::Object(filters) = self.0.to_json() else { return Ok(Map::new()) };
        match classic::convert(dialect, &filters, world.schema(), now) {
            Ok(_) => Ok(filters),
            Err(violations) => {
                let span = violations.first().map_or(self.0.span, |first| api_input::span_of(&self.0, first));
                Err((span, dialect.refuse(&violations).message.into_owned()))
            }
        }
    }
}

/// A number as a part of an input.
pub(super) fn number(number: &Spanned<u32>) -> Node {
    let content = Content::Integer(number.value.into(), number.value.to_string());
    Node { span: number.span, content }
}

/// Checks an entry as the input of an operation. Violations are reported.
pub(super) fn is_valid(input: ApiInput, operation: Operation, check: &mut Check) -> bool {
    input.input(operation, check).is_some()
}
