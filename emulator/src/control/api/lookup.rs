//! The route that a request addresses. Paths are compared as sent, without decoding (CPL-02).

use http::Method;

use super::input;
use super::route::Route;

/// The result of a lookup.
pub enum Lookup<'r> {
    /// A route, and the segment of its path that `{id}` stands for.
    Found(&'r Route, String),
    /// The path exists, but not with this method. The methods that it has.
    WrongMethod(Vec<&'r Method>),
    /// No route has this path.
    Unknown,
}

/// Finds a route.
pub fn find<'r>(routes: &'r [Route], method: &Method, path: &str) -> Lookup<'r> {
    let mut methods = Vec::new();
    for route in routes {
        if let Some(label) = label(route.path, path) {
            if route.method == *method {
                return Lookup::Found(route, label.to_owned());
            }
            methods.push(&route.method);
        }
    }
    if methods.is_empty() { Lookup::Unknown } else { Lookup::WrongMethod(methods) }
}

/// The pattern of the routes that match a path, for any method.
pub fn path(routes: &[Route], path: &str) -> Option<&'static str> {
    routes.iter().find(|route| label(route.path, path).is_some()).map(|route| route.path)
}

/// The segment for which a label stands, empty if the pattern has none; `None` if the path does not match.
fn label<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (mut wanted, mut segments) = (pattern.split('/'), path.split('/'));
    let mut label = "";
    loop {
        match (wanted.next(), segments.next()) {
            (None, None) => return Some(label),
            (Some(wanted), Some(segment)) if wanted.starts_with('{') && !segment.is_empty() => label = segment,
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return None,
        }
    }
}

/// The message about an unknown path, with the most similar path and all routes by path and method.
pub fn unknown(routes: &[Route], method: &Method, path: &str) -> String {
    let mut all: Vec<(&str, &str)> = routes.iter().map(|route| (route.path, route.method.as_str())).collect();
    all.sort_unstable();
    let nearest = input::nearest(path, routes.iter().map(|route| route.path));
    let nearest = if nearest.is_empty() { ".".to_owned() } else { nearest };
    let all: Vec<String> = all.into_iter().map(|(path, method)| format!("{method} {path}")).collect();
    format!("no such path: {method} {path}{nearest} The control plane has {}", all.join(", "))
}

/// The message about a wrong method.
pub fn wrong_method(methods: &[&Method], method: &Method, path: &str) -> String {
    format!("'{path}' does not support {method}; use {}", names(methods).join(" or "))
}

/// The names of methods.
pub fn names<'m>(methods: &[&'m Method]) -> Vec<&'m str> {
    methods.iter().map(|method| method.as_str()).collect()
}
