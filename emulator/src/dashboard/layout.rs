//! The layout of all pages: banner, navigation, messages, calls and footer (DSH-20 to DSH-23).

use std::collections::BTreeSet;

use askama::Template;
use securityhub_fixtures::Operation;
use serde_json::json;

use super::assets;
use super::call::{self, Call};
use super::governed::Governed;
use super::messages::Message;
use super::page::{Content, Context, Route, name};
use super::template::html;
use super::text::{self, Time};
use super::view::{self, Query, ROOT, View};
use crate::state::{AccountId, HubKey, World};

/// Maximum number of suggestions for a field.
const SUGGESTIONS: usize = 200;

/// The parts of a page that its content does not determine.
pub struct Frame<'f> {
    /// The view of the request.
    pub view: &'f View,
    /// The world.
    pub world: &'f World,
    /// All pages.
    pub routes: &'f [Route],
    /// The address of this program, such as `http://127.0.0.1:4600`.
    pub endpoint: &'f str,
    /// The result of an action.
    pub message: Option<&'f Message>,
    /// Why an action was refused, or the page cannot be shown: a sentence, and the code of the error.
    pub alert: Option<(&'f str, Option<&'f str>)>,
}

#[derive(Template)]
#[template(path = "layout.html")]
struct Layout<'l> {
    heading: &'l str,
    view: &'l View,
    /// The path of the current page below the Region and its query, for the form `Switch`.
    here: String,
    links: Vec<Link>,
    identity: Vec<String>,
    accounts: Vec<(AccountId, String)>,
    regions: Vec<String>,
    alert: Option<(&'l str, Option<&'l str>)>,
    message: Option<&'l str>,
    details: &'l str,
    body: &'l str,
    calls: String,
    done: String,
    version: &'static str,
    clock: Time,
    is_frozen: bool,
    findings: String,
    root: &'static str,
    icon: String,
    styles: String,
    scripts: Vec<String>,
}

/// A link of the navigation.
struct Link {
    name: &'static str,
    address: String,
    /// The value of `aria-current`; `None` for all but one link.
    current: Option<&'static str>,
}

/// The path of the page in the navigation to which a page belongs.
fn section(routes: &[Route], page: &str) -> Option<&'static str> {
    let position = routes.iter().position(|route| route.path == page)?;
    let linked = routes.iter().take(position + 1).rfind(|route| route.link.is_some());
    linked.map(|route| route.path)
}

/// Writes a whole page.
pub fn write(frame: &Frame<'_>, content: &Content) -> String {
    let Frame { view, world, routes, endpoint, message, alert } = *frame;
    let section = section(routes, &view.page);
    let link = |route: &Route| {
        let address = view.to(route.path, Query::parse(route.query)).address();
        let current = if route.path == view.page { "page" } else { "true" };
        Some(Link { name: route.link?, address, current: (section == Some(route.path)).then_some(current) })
    };
    html(&Layout {
        heading: &content.heading,
        view,
        here: format!("{}{}", view.page, view.query.text()),
        links: routes.iter().filter_map(link).collect(),
        identity: identity(world, view),
        accounts: accounts(world),
        regions: view::regions(world).iter().take(SUGGESTIONS).map(ToString::to_string).collect(),
        alert: alert.or_else(|| content.alert.as_deref().map(|sentence| (sentence, None))).or_else(|| {
            let (sentence, code) = content.refusal.as_ref()?;
            Some((sentence.as_str(), code.as_deref()))
        }),
        message: message.map(|message| message.text.as_str()),
        details: message.map(|message| message.details.as_str()).unwrap_or_default(),
        body: &content.body,
        calls: call::details(&content.calls, view, endpoint),
        done: call::details(message.map_or(&[], |message| &message.calls), view, endpoint),
        version: env!("CARGO_PKG_VERSION"),
        clock: world.clock.now().into(),
        is_frozen: world.clock.is_frozen(),
        findings: text::counted(world.finding_count() as u64, "finding", "findings"),
        root: ROOT,
        icon: assets::address("icon.svg"),
        styles: assets::address("app.css"),
        scripts: ["htmx.min.js", "hx-sse.min.js", "app.js"].map(assets::address).into(),
    })
}

/// The name and the roles of an account in a Region.
fn identity(world: &World, View { account, region, .. }: &View) -> Vec<String> {
    let relations = world.relations();
    let directory = relations.directory();
    let mut identity: Vec<String> = name(world, *account).into_iter().collect();
    if !relations.is_on(&HubKey { account: *account, region: region.clone() }) {
        identity.push("hub is off".to_owned());
        return identity;
    }
    let members = directory.enabled_members(*account, region).len() as u64;
    let administrator = directory.administrator(*account, region);
    if members > 0 {
        identity.push(format!("administrator of {}", text::counted(members, "member", "members")));
    }
    if let Some(administrator) = administrator {
        identity.push(format!("member of {administrator}"));
    }
    if members == 0 && administrator.is_none() {
        identity.push("stands alone".to_owned());
    }
    if let Some(aggregator) = directory.aggregators.get(account).filter(|aggregator| aggregator.home == *region) {
        let linked = view::regions(world).iter().filter(|region| aggregator.links(region)).count() as u64;
        identity.push(format!("home of {}", text::counted(linked, "Region", "Regions")));
    }
    identity
}

/// The accounts to suggest, with their names.
fn accounts(world: &World) -> Vec<(AccountId, String)> {
    let relations = world.relations();
    let directory = relations.directory();
    let mut accounts: BTreeSet<AccountId> = relations.enabled_hubs().map(|key| key.account).collect();
    accounts.extend(directory.accounts.keys());
    let named = |account| (account, name(world, account).unwrap_or_default());
    accounts.into_iter().take(SUGGESTIONS).map(named).collect()
}

/// The account with an ID or a name.
///
/// # Errors
/// A sentence about an unknown account.
pub fn account_named(world: &World, text: &str) -> Result<AccountId, String> {
    let text = text.trim();
    let named = || {
        let directory = world.directory();
        let mut accounts = directory.accounts.iter();
        accounts.find(|(_, account)| account.name.eq_ignore_ascii_case(text)).map(|(account, _)| *account)
    };
    AccountId::parse(text).or_else(named).ok_or_else(|| format!("No account has the ID or the name `{text}`."))
}

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing<'m> {
    sentence: &'m str,
    links: Vec<(String, String)>,
}

/// The content of the page `Not found`: a sentence, and links to existing pages.
pub fn missing(sentence: &str, links: &[(String, View)]) -> Content {
    let links = links.iter().map(|(name, view)| (name.clone(), view.address())).collect();
    Content::new("Not found", &Missing { sentence, links }, Vec::new())
}

#[derive(Template)]
#[template(source = "<p>{{ text }}</p>", ext = "html")]
struct Paragraph<'p> {
    text: &'p str,
}

/// A paragraph.
pub fn paragraph(text: &str) -> String {
    html(&Paragraph { text })
}

#[derive(Template)]
#[template(path = "off.html")]
struct Off<'o> {
    token: &'o str,
    address: String,
    preview: String,
    hint: Vec<(String, String)>,
}

/// A form that enables the hub of the view, or the reason why the account may not enable it.
pub fn without_hub(context: &Context<'_>) -> String {
    match Governed::of_hub(context) {
        Some(governed) => paragraph(&governed.sentence("The settings of this account")),
        None => off(context, &[Call::api(Operation::EnableSecurityHub, json!({}))]),
    }
}

/// A form that enables the hub of the view with these calls, and links to Regions in which the account has a hub.
pub fn off(context: &Context<'_>, calls: &[Call]) -> String {
    let (view, relations) = (context.view, context.world.relations());
    let own = relations.regions_of(view.account).take(SUGGESTIONS);
    let hint = own.map(|region| (region.to_string(), view.seen_as(view.account, region.clone()).address()));
    let (token, preview) = (context.token.as_str(), context.shown(calls));
    html(&Off { token, address: view.address(), preview, hint: hint.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{MemberStatus, Region};
    use crate::testing::{ADMINISTRATOR, MEMBER, REGION, Stage, id};

    /// Rules: DSH-21.
    #[test]
    fn the_banner_names_the_roles_of_an_account() {
        let stage = Stage::with_hubs(&[ADMINISTRATOR, MEMBER, "333333333333"]);
        stage.member(MemberStatus::Enabled);
        stage.organization(&[(ADMINISTRATOR, "security"), (MEMBER, "team")]);
        let identity = |account: &str, region: &str| identity(&stage.0, &View::of(id(account), Region::new(region)));
        assert_eq!(identity(ADMINISTRATOR, REGION), ["security", "administrator of 1 member"]);
        assert_eq!(identity(MEMBER, REGION), ["team", "member of 111111111111"]);
        assert_eq!(identity("333333333333", REGION), ["stands alone"]);
        assert_eq!(identity(MEMBER, "eu-west-1"), ["team", "hub is off"]);
        assert_eq!(account_named(&stage.0, " Security "), Ok(id(ADMINISTRATOR)));
        assert!(account_named(&stage.0, "nobody").unwrap_err().contains("`nobody`"));
        assert_eq!(accounts(&stage.0).len(), 3);
    }
}
