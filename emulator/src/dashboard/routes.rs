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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dashboard::page::HAS_FINDINGS;

    /// Rules: DSH-25.
    #[test]
    fn numbers_are_links_if_the_findings_have_a_page() {
        assert_eq!(find("findings").is_some(), HAS_FINDINGS);
    }
}
