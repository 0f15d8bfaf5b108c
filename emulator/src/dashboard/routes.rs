//! The table of pages. To add one, write its function in `pages/`, its template in `templates/pages/`, and a row here.

use super::page::Route;
use super::pages::overview;

/// All pages, in the order of the navigation.
pub fn all() -> &'static [Route] {
    &[Route { path: "", link: Some("Overview"), query: "", show: overview::show, act: None }]
}

/// The page with a path.
pub fn find(path: &str) -> Option<&'static Route> {
    all().iter().find(|route| route.path == path)
}
