//! The machinery of the control plane: what a route is ([`route`]), how queries and bodies are read ([`input`]), what a
//! route returns ([`answer`]), which route a request addresses ([`lookup`]), and the description of all routes in
//! OpenAPI ([`openapi`]) and in Markdown ([`markdown`]).
//!
//! Nothing here knows what a route does. The routes are rows of [`super::routes`].

pub(super) mod answer;
pub(super) mod input;
pub(super) mod lookup;
pub(super) mod markdown;
pub(super) mod openapi;
pub(super) mod route;

pub use answer::Pending;
pub(super) use answer::{Answer, Json, Refusal};
pub(super) use input::{Body, Nothing};
pub(super) use route::{Call, Route};
pub use route::{InProcess, Memory};
