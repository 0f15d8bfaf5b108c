//! The framework of the control plane: routes ([`route`]), their queries and bodies ([`input`]), their answers
//! ([`answer`]), the lookup of the route of a request ([`lookup`]), and the description of all routes in OpenAPI
//! ([`openapi`]) and in Markdown ([`markdown`]).
//!
//! This module does not depend on particular routes, which are rows of [`super::routes`].

pub(super) mod answer;
pub(super) mod input;
pub(super) mod lookup;
pub(super) mod markdown;
pub(super) mod openapi;
pub(super) mod route;
mod strict;

pub(super) use answer::{Answer, Json, Refusal};
pub use answer::{BEFORE_EXAMPLE, Pending};
pub(super) use input::{Body, Nothing};
pub(super) use route::{Call, Route};
pub use route::{InProcess, Memory};
