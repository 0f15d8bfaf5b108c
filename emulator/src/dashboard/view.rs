//! A view: an account, a Region, a page and a query, and its address (DSH-02, DSH-03).

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::state::{AccountId, HubKey, MemberStatus, Region, World};

/// The path that contains all pages.
pub const ROOT: &str = "/_emulator/ui/";

/// Characters of a query that must be encoded. Colons, slashes and commas stay readable.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'\'')
    .add(b'+')
    .add(b'<')
    .add(b'>')
    .add(b'`')
    // curl replaces these in addresses.
    .add(b'{')
    .add(b'}')
    .add(b'[')
    .add(b']')
    .add(b'\\');
/// The same for the name of a pair.
const NAME: &AsciiSet = &QUERY.add(b'=');

/// The pairs of a query, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses the query of an address, or the body of a form.
    pub fn parse(text: &str) -> Query {
        Query(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first value of a name.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// All values of a name.
    pub fn all<'q>(&'q self, name: &'q str) -> impl Iterator<Item = &'q str> {
        self.pairs().filter(move |(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The query with another pair at its end.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Query {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The query with this value as the only one of its name.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Query {
        self.without(name).and(name, value)
    }

    /// The query without the values of a name.
    #[must_use]
    pub fn without(mut self, name: &str) -> Query {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// `?a=b&c=d`, or an empty text for an empty query.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.pairs() {
            let mark = if text.is_empty() { '?' } else { '&' };
            let (name, value) = (utf8_percent_encode(name, NAME), utf8_percent_encode(value, QUERY));
            _ = write!(text, "{mark}{name}={value}");
        }
        text
    }

    /// The size of the query in the HTML of a link, where ampersands are escaped, in bytes.
    pub fn link_size(&self) -> usize {
        self.text().len() + 4 * self.pairs().count()
    }
}

/// Size from which a page does not repeat a query, in bytes.
const LONG: usize = 1_000;
/// The pairs of a query that name the object of a page.
const OBJECTS: [&str; 4] = ["arn", "id", "product", "account"];

/// A page as an account sees it in a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: Region,
    /// The path of the page, empty for the first one.
    pub page: String,
    /// The rest of the state of the page.
    pub query: Query,
}

impl View {
    /// The first page for an account in a Region.
    pub fn of(account: AccountId, region: Region) -> View {
        View { account, region, page: String::new(), query: Query::default() }
    }

    /// The path of the page, without the query.
    pub fn path(&self) -> String {
        format!("{ROOT}as/{}/{}/{}", self.account, self.region, self.page)
    }

    /// The address of the view.
    pub fn address(&self) -> String {
        format!("{}{}", self.path(), self.query.text())
    }

    /// The same page with only the pairs of the query that name its object.
    #[must_use]
    pub fn of_object(&self) -> View {
        let objects = self.query.pairs().filter(|(name, _)| OBJECTS.contains(name));
        let query = objects.fold(Query::default(), |query, (name, value)| query.and(name, value));
        self.to(&self.page, query)
    }

    /// The view for links and forms that a page repeats. If the query is long, it is that of the object, so that the page
    /// stays small (DSH-13).
    #[must_use]
    pub fn repeated(&self) -> View {
        if self.query.link_size() > LONG { self.of_object() } else { self.clone() }
    }

    /// The key of the hub of the account in the Region.
    pub fn hub_key(&self) -> HubKey {
        HubKey { account: self.account, region: self.region.clone() }
    }

    /// Another page for the same account and Region.
    #[must_use]
    pub fn to(&self, page: &str, query: Query) -> View {
        View { page: page.to_owned(), query, ..self.clone() }
    }

    /// The same page for another account or Region, with the same query.
    #[must_use]
    pub fn seen_as(&self, account: AccountId, region: Region) -> View {
        View { account, region, ..self.clone() }
    }
}

/// The meaning of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place<'p> {
    /// `/_emulator/ui/`, which redirects to the first view.
    Start,
    /// The form `Switch`, which redirects to another view.
    Switch,
    /// An asset by the hash of its content and its name.
    Asset(&'p str, &'p str),
    /// A page as an account in a Region. None of them has been checked.
    Page(&'p str, &'p str, &'p str),
    /// A view whose path lacks the slash after the Region.
    Incomplete,
    /// Anything else.
    Unknown,
}

impl Place<'_> {
    /// The place with a path.
    pub fn of(path: &str) -> Place<'_> {
        let Some(rest) = path.strip_prefix(ROOT) else {
            return if path.strip_suffix('/').unwrap_or(path) == ROOT.trim_end_matches('/') {
                Place::Start
            } else {
                Place::Unknown
            };
        };
        match rest.splitn(4, '/').collect::<Vec<_>>()[..] {
            [""] => Place::Start,
            ["switch"] => Place::Switch,
            ["assets", hash, name] => Place::Asset(hash, name),
            ["as", account, region, page] => Place::Page(account, region, page),
            ["as", _, region] if !region.is_empty() => Place::Incomplete,
            _ => Place::Unknown,
        }
    }
}

/// The first view: the account with most enabled members, then with the lowest number, in its first Region (DSH-02).
pub fn start(world: &World, default_account: AccountId, default_region: &Region) -> View {
    let relations = world.relations();
    let directory = relations.directory();
    let members = |account: AccountId| {
        let records = directory.members.iter().filter(|((administrator, _), _)| *administrator == account);
        let enabled = records.flat_map(|(_, members)| members.iter());
        let enabled = enabled.filter(|(_, member)| member.status == MemberStatus::Enabled);
        enabled.map(|(account, _)| *account).collect::<std::collections::BTreeSet<_>>().len()
    };
    let accounts: std::collections::BTreeSet<AccountId> = relations.enabled_hubs().map(|key| key.account).collect();
    let account = accounts.into_iter().min_by_key(|account| (std::cmp::Reverse(members(*account)), *account));
    let position = |region: &Region| {
        let listed = directory.regions.iter().position(|listed| listed == region);
        (listed.unwrap_or(usize::MAX), region.clone())
    };
    let of_account = account.and_then(|account| relations.regions_of(account).min_by_key(|region| position(region)));
    let region = of_account.or(directory.regions.first()).unwrap_or(default_region).clone();
    View::of(account.unwrap_or(default_account), region)
}

/// Reads an account ID.
///
/// # Errors
/// A sentence about a text that is not one.
pub fn account(text: &str) -> Result<AccountId, String> {
    AccountId::parse(text).ok_or_else(|| format!("`{text}` is not a valid account ID (expected 12 digits)."))
}

/// Reads the name of a Region.
///
/// # Errors
/// A sentence about a name that is not one.
pub fn region(world: &World, text: &str) -> Result<Region, String> {
    let lower = text.to_ascii_lowercase();
    if lower != text && world.directory().region(&lower).is_ok() {
        return Err(format!("`{text}` is not a valid name of a Region (expected `{lower}`)."));
    }
    world.directory().region(text).map_err(|unknown| format!("{unknown}."))
}

/// The Regions of a world, in the order of its scenario: those that it lists, then others with hubs.
pub fn regions(world: &World) -> Vec<Region> {
    let relations = world.relations();
    let mut regions = relations.directory().regions.clone();
    let others = relations.hub_regions().into_iter().filter(|region| !regions.contains(region)).collect::<Vec<_>>();
    regions.extend(others);
    regions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, id};

    /// Rules: DSH-03.
    #[test]
    fn an_address_contains_the_whole_state_of_a_view() {
        let query = Query::default().and("f", "Title:EQUALS:a b&c=d+e'<\"é").and("page", "2");
        let view = View::of(id(MEMBER), Region::new(REGION)).to("findings", query.clone());
        let address = view.address();
        let (path, text) = address.split_once('?').unwrap();
        assert_eq!(path, "/_emulator/ui/as/222222222222/us-east-1/findings");
        assert!(text.starts_with("f=Title:EQUALS:a%20b%26c=d%2Be%27%3C%22"), "{text}");
        assert_eq!(Query::parse(text), query);
        assert_eq!(Place::of(path), Place::Page(MEMBER, REGION, "findings"));
        assert_eq!(query.clone().with("page", "3").first("page"), Some("3"));
        assert_eq!(query.without("f").text(), "?page=2");
    }

    /// Rules: DSH-02.
    #[test]
    fn a_path_names_a_view() {
        for (path, place) in [
            ("/_emulator/ui", Place::Start),
            ("/_emulator/ui/", Place::Start),
            ("/_emulator/ui/as/222222222222/us-east-1/", Place::Page(MEMBER, REGION, "")),
            ("/_emulator/ui/as/222222222222/us-east-1", Place::Incomplete),
            ("/_emulator/ui/as/x/y/z", Place::Page("x", "y", "z")),
            ("/_emulator/ui/as/x/y/a/b", Place::Page("x", "y", "a/b")),
            ("/_emulator/ui/as/222222222222/", Place::Unknown),
            ("/_emulator/ui/assets/00/app.css", Place::Asset("00", "app.css")),
            ("/_emulator/ui/nope", Place::Unknown),
            ("/_emulator/uix", Place::Unknown),
        ] {
            assert_eq!(Place::of(path), place, "{path}");
        }
    }

    /// Rules: DSH-02.
    #[test]
    fn the_first_view_is_that_of_the_account_with_most_members() {
        let (account, region) = (AccountId::DEFAULT, Region::new("eu-west-1"));
        let first = |stage: &Stage| start(&stage.0, account, &region);
        assert_eq!(first(&Stage::empty()), View::of(account, region.clone()));
        let stage = Stage::with_hubs(&[MEMBER, "000000000001", ADMINISTRATOR]);
        assert_eq!(first(&stage).account.as_str(), "000000000001");
        stage.member(crate::state::MemberStatus::Enabled);
        assert_eq!(first(&stage), View::of(id(ADMINISTRATOR), Region::new(REGION)));
        stage.relations(|directory| directory.regions = vec![Region::new("us-west-2"), Region::new(REGION)]);
        assert_eq!(first(&stage).region.as_str(), REGION, "only Regions with a hub of the account");
        stage
            .call_in(
                "us-west-2",
                ADMINISTRATOR,
                securityhub_fixtures::Operation::EnableSecurityHub,
                serde_json::json!({}),
            )
            .unwrap();
        assert_eq!(first(&stage).region.as_str(), "us-west-2", "the order of the scenario");
    }
}
