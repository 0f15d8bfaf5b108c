//! `when` of a resource: parameter values that make a control fail (RES-09).

use schemars::JsonSchema;
use securityhub_fixtures::standards::Options;
use serde::Deserialize;

use super::resources::{self, Scope};
use crate::scenario::check::Check;
use crate::scenario::spanned::Spanned;
use crate::state::{Comparison, ParameterCondition};
use crate::suggest;

/// A control that the resource fails if a control parameter satisfies the comparison. A parameter that has neither a
/// custom value nor a default never satisfies it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(rename = "ParameterCondition")]
#[serde(deny_unknown_fields)]
pub(in crate::scenario) struct Declared {
    /// Control, such as ACM.1.
    #[schemars(with = "String")]
    control: Option<Spanned<String>>,
    /// Parameter of the control, such as daysToExpiration.
    #[schemars(with = "String")]
    parameter: Option<Spanned<String>>,
    /// Comparison with the current value of the parameter: an operator (>, >=, <, <=, = or !=) and a value, such as
    /// >= 45. A list is equal to each value that it contains.
    #[schemars(with = "String")]
    fails_if: Option<Spanned<String>>,
}

/// Checks a condition.
pub(super) fn check(written: &Declared, scope: &Scope, check: &mut Check) -> Option<ParameterCondition> {
    let control = resources::control(written.control.as_ref()?, scope, check)?;
    let name = written.parameter.as_ref()?;
    let Some(parameter) = control.parameters.iter().find(|parameter| parameter.name == name.value) else {
        let known = || control.parameters.iter().map(|parameter| parameter.name);
        let nearest = suggest::nearest(&name.value, known());
        let diagnostic = check.at(name.span, format!("{} has no parameter `{}`", control.id, name.value));
        let expected =
            if known().next().is_some() { suggest::choices(known()) } else { "a control with parameters".to_owned() };
        check.push(diagnostic.expected(expected).suggest(nearest));
        return None;
    };
    let fails_if = written.fails_if.as_ref()?;
    let Some((comparison, value)) = comparison(&fails_if.value, &parameter.options) else {
        let message = format!(
            "`{}` is not a valid comparison for a parameter of type {}",
            fails_if.value,
            parameter.options.type_name()
        );
        let diagnostic = check.at(fails_if.span, message);
        check.push(diagnostic.expected("an operator and a value of the parameter's type, such as >= 45 or = true"));
        return None;
    };
    Some(ParameterCondition { control: control.id, parameter: parameter.name, comparison, value: value.to_owned() })
}

/// The comparison and the value in a text, if the type of the parameter supports the comparison.
fn comparison<'t>(text: &'t str, options: &Options) -> Option<(Comparison, &'t str)> {
    let text = text.trim();
    let sign = Comparison::ALL.iter().find(|(sign, _)| text.starts_with(sign));
    let (sign, comparison) = sign?;
    let value = text.get(sign.len()..)?.trim();
    let is_ordered = matches!(options, Options::Integer { .. } | Options::Double { .. });
    let is_equality = matches!(comparison, Comparison::Equal | Comparison::Unequal);
    let fits = match options {
        Options::Integer { .. } | Options::Double { .. } | Options::IntegerList { .. } => value.parse::<f64>().is_ok(),
        Options::Boolean { .. } => matches!(value, "true" | "false"),
        Options::Enum { allowed, .. } | Options::EnumList { allowed, .. } => {
            allowed.is_empty() || allowed.contains(&value)
        }
        Options::StringList { .. } => !value.is_empty(),
    };
    (fits && (is_ordered || is_equality)).then_some((*comparison, value))
}
