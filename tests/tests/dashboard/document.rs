//! A page as a tree, and the checks of its structure. Pages are also well-formed XML, so a tag that is not closed fails.

use std::collections::HashSet;

use roxmltree::{Node, ParsingOptions};

/// The text of a page.
pub struct Document {
    text: String,
}

impl Document {
    pub fn new(text: &str) -> Document {
        // Attributes of extensions of htmx contain a colon, which XML reserves.
        Document { text: text.replace(" hx-sse:", " hx-sse-") }
    }

    /// Passes the root element to `read`.
    pub fn with<R>(&self, read: impl FnOnce(Node<'_, '_>) -> R) -> R {
        let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
        let tree = roxmltree::Document::parse_with_options(&self.text, options);
        let tree = tree.unwrap_or_else(|error| panic!("the page is not well-formed: {error}\n{}", self.text));
        read(tree.root_element())
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of the first element with an id.
    pub fn text_of(&self, id: &str) -> String {
        self.with(|html| {
            let found = html.descendants().find(|node| node.attribute("id") == Some(id));
            content(found.unwrap_or_else(|| panic!("no element has the id {id}")))
        })
    }

    /// The text of `main`, with a space between elements.
    pub fn words(&self) -> String {
        self.with(|html| {
            let texts = one(html, "main").descendants().filter(Node::is_text).filter_map(|node| node.text());
            texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
        })
    }

    /// The addresses and texts of links within `main`.
    pub fn links(&self) -> Vec<(String, String)> {
        self.with(|html| {
            let links = elements(html, "a").map(|link| (attribute(link, "href").to_owned(), content(link)));
            links.collect()
        })
    }

    /// The rows of the table with a caption, each with the texts of its cells; the first row has the headers. `None` if
    /// the page has no such table.
    pub fn table(&self, caption: &str) -> Option<Vec<Vec<String>>> {
        self.with(|html| {
            let is_it = |table: &Node<'_, '_>| elements(*table, "caption").any(|found| content(found) == caption);
            let table = elements(html, "table").find(is_it)?;
            let cells = |row: Node<'_, '_>| {
                row.children().filter(|cell| cell.has_tag_name("th") || cell.has_tag_name("td")).map(content).collect()
            };
            Some(elements(table, "tr").map(cells).collect())
        })
    }

    /// The same for a table that the page must have.
    pub fn required_table(&self, caption: &str) -> Vec<Vec<String>> {
        self.table(caption).unwrap_or_else(|| panic!("no table {caption} in {}", self.text))
    }

    /// The text of the alert, which the page must have.
    pub fn alert(&self) -> String {
        self.with(|html| {
            let alert = html.descendants().find(|node| node.attribute("role") == Some("alert"));
            content(alert.unwrap_or_else(|| panic!("no alert in {}", self.text)))
        })
    }

    /// The row of a table whose first cell begins with a text.
    pub fn row(&self, caption: &str, first: &str) -> Vec<String> {
        let rows = self.required_table(caption);
        let row = rows.iter().find(|row| row[0].starts_with(first));
        row.unwrap_or_else(|| panic!("no row {first} in {rows:?}")).clone()
    }

    /// The names of the buttons in `main`.
    pub fn buttons(&self) -> Vec<String> {
        self.with(|html| {
            let main = elements(html, "main").next().unwrap();
            elements(main, "button").map(content).collect()
        })
    }

    /// The texts of the cells of the table with a caption, row by row, without its header; empty if there is no table.
    pub fn rows(&self, caption: &str) -> Vec<Vec<String>> {
        self.table(caption).into_iter().flatten().skip(1).collect()
    }

    /// The header of the table with a caption.
    pub fn columns(&self, caption: &str) -> Vec<String> {
        self.required_table(caption).swap_remove(0)
    }

    /// The address of the link with a text or a name.
    pub fn link(&self, name: &str) -> Option<String> {
        self.with(|html| {
            let is_named = |link: &Node<'_, '_>| link.attribute("aria-label") == Some(name) || content(*link) == name;
            elements(html, "a").find(is_named).map(|link| attribute(link, "href").to_owned())
        })
    }

    pub fn check_structure(&self, address: &str) {
        self.with(|html| {
            assert!(self.text.starts_with("<!DOCTYPE html>\n"), "{address}");
            assert_eq!(html.attribute("lang"), Some("en"), "{address}");
            let body = one(html, "body");
            let first = elements(body, "a").next().unwrap();
            assert_eq!((attribute(first, "href"), content(first).as_str()), ("#main", "Skip to content"), "{address}");
            let of_body = |name: &str| body.children().filter(|child| child.has_tag_name(name)).count();
            assert_eq!(["header", "nav", "main", "footer"].map(of_body), [1; 4], "{address}: landmarks");
            let navigations: Vec<Node<'_, '_>> = elements(body, "nav").collect();
            assert_eq!(attribute(navigations[0], "aria-label"), "Main", "{address}");
            let mut names = HashSet::new();
            for navigation in navigations {
                let name = attribute(navigation, "aria-label");
                assert!(names.insert(name), "{address}: each navigation has a name of its own, {name}");
                let current = elements(navigation, "a").filter(|link| link.attribute("aria-current") == Some("page"));
                assert!(current.count() <= 1, "{address}");
            }
            let heading = content(one(one(body, "main"), "h1"));
            let (account, region) = seen_as(address);
            let title = format!("{heading} · {account} · {region} · securityhub-local");
            assert_eq!(content(one(html, "title")), title, "{address}");
            check_headings(address, body);
            check_ids(address, html);
            check_labels(address, body);
        });
    }

    pub fn check_content_policy(&self, address: &str) {
        self.with(|html| {
            assert_eq!(elements(html, "style").count(), 0, "{address}");
            for script in elements(html, "script") {
                assert!(content(script).is_empty() && is_asset(attribute(script, "src")), "{address}: a script");
            }
            for link in elements(html, "link") {
                assert!(is_asset(attribute(link, "href")), "{address}: {link:?}");
            }
            for node in html.descendants().filter(Node::is_element) {
                for attribute in node.attributes() {
                    let (name, value) = (attribute.name(), attribute.value());
                    let is_code = name == "style" || name.starts_with("on") || name.starts_with("hx-on");
                    let is_script = value.contains("javascript:") || value.starts_with("js:");
                    assert!(!is_code && !is_script, "{address}: {name}={value}");
                    let loads = ["src", "srcset", "poster", "data"].contains(&name);
                    assert!(!loads || value.starts_with("/_emulator/ui/"), "{address}: {name}={value}");
                }
            }
            let config = elements(html, "meta").find(|meta| meta.attribute("name") == Some("htmx-config")).unwrap();
            let config: serde_json::Value = serde_json::from_str(attribute(config, "content")).unwrap();
            assert_eq!(config["includeIndicatorCSS"], false, "{address}");
        });
    }

    pub fn check_tables(&self, address: &str) {
        self.with(|html| {
            for table in elements(html, "table") {
                let caption = table.first_element_child().filter(|child| child.has_tag_name("caption"));
                let caption = content(caption.unwrap_or_else(|| panic!("{address}: a table without a caption")));
                assert!(!caption.is_empty(), "{address}: an empty caption");
                for header in elements(table, "th") {
                    assert!(header.has_attribute("scope"), "{address}: {caption}: {}", content(header));
                }
                for row in elements(one(table, "tbody"), "tr") {
                    let has_name = row.children().any(|cell| cell.attribute("scope") == Some("row"));
                    assert!(has_name, "{address}: {caption}: a row without a name");
                }
            }
            // Tables that are wider than the screen scroll, and the keyboard must be able to scroll them.
            for scrolled in html.descendants().filter(|node| node.attribute("class") == Some("scroll")) {
                let is_named = scrolled.has_attribute("role") && scrolled.has_attribute("aria-label");
                assert!(scrolled.attribute("tabindex") == Some("0") && is_named, "{address}: {scrolled:?}");
            }
            for time in elements(html, "time") {
                let text = content(time);
                assert!(text.len() == 20 && text.ends_with('Z') && time.has_attribute("datetime"), "{address}: {text}");
            }
        });
    }

    pub fn check_charts(&self, address: &str) {
        self.with(|html| {
            for chart in elements(html, "svg") {
                assert_eq!(chart.attribute("role"), Some("img"), "{address}");
                assert!(!attribute(chart, "aria-label").is_empty(), "{address}");
            }
        });
    }

    pub fn check_frame(&self, address: &str) {
        let (account, region) = seen_as(address);
        let banner = self.text_of("banner");
        assert!(banner.contains(&format!("Seen as {account} in {region}")), "{address}: {banner}");
        let roles = ["administrator of", "member of", "stands alone", "hub is off"];
        assert!(roles.iter().any(|role| banner.contains(role)), "{address}: {banner}");
        for label in ["Account", "Region", "Switch"] {
            assert!(banner.contains(label), "{address}: {banner}");
        }
        let footer = self.text_of("footer");
        for text in ["securityhub-local ", "Clock ", " finding", "OpenAPI"] {
            assert!(footer.contains(text), "{address}: {footer}");
        }
    }

    /// What keeps a reader from using the page with the keyboard, in its order, or without scripts.
    pub fn unreachable(&self, address: &str) -> Vec<String> {
        const OF_SCRIPTS: [&str; 5] = ["hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete"];
        let mut wrong = Vec::new();
        self.with(|html| {
            let body = one(html, "body");
            for node in body.descendants().filter(Node::is_element) {
                let has = |name: &str| node.has_attribute(name);
                let is_in_order = matches!(node.attribute("tabindex"), None | Some("0" | "-1"));
                if !is_in_order || has("accesskey") || has("autofocus") || OF_SCRIPTS.into_iter().any(has) {
                    wrong.push(format!("{address}: {node:?}"));
                }
                let classes = node.attribute("class").unwrap_or_default();
                let is_reachable = node.attribute("tabindex") == Some("0") && has("role");
                let is_named = has("aria-label") || has("aria-labelledby");
                if classes.split_whitespace().any(|class| class == "scroll") && !(is_reachable && is_named) {
                    wrong.push(format!("{address}: a wide table cannot be scrolled with the keyboard: {node:?}"));
                }
            }
            let links = elements(body, "a").filter(|link| !link.has_attribute("href"));
            wrong.extend(links.map(|link| format!("{address}: a link without an address: {}", content(link))));
            for form in elements(body, "form") {
                let id = form.attribute("id").unwrap_or("-");
                let submits = |button: Node<'_, '_>| button.attribute("type") != Some("button");
                let own = elements(form, "button").any(submits);
                let outside = elements(body, "button").any(|button| button.attribute("form") == Some(id));
                let is_sent = ["get", "post"].contains(&attribute(form, "method")) && form.has_attribute("action");
                if !is_sent || !(own || outside) {
                    wrong.push(format!("{address}: a form that cannot be sent: {form:?}"));
                }
            }
        });
        wrong
    }

    pub fn check_calls(&self, address: &str) {
        self.with(|html| {
            let summary = |details: &Node<'_, '_>| content(one(*details, "summary"));
            let details: Vec<Node<'_, '_>> =
                elements(html, "details").filter(|it| summary(it) == "Show me the call").collect();
            assert!(!details.is_empty(), "{address}");
            for list in details.into_iter().flat_map(|details| elements(details, "dl")) {
                let terms: Vec<String> = elements(list, "dt").map(content).collect();
                let api = ["AWS CLI", "boto3", "curl"];
                let control = ["securityhub-local", "Python", "curl"];
                assert!(terms == api || terms == control, "{address}: {terms:?}");
                assert_eq!(elements(list, "pre").count(), 3, "{address}");
            }
        });
    }
}

/// The account and the Region in an address.
pub fn seen_as(address: &str) -> (&str, &str) {
    let parts: Vec<&str> = address.split('/').collect();
    (parts[4], parts[5])
}

/// The elements with a name below a node.
pub fn elements<'n, 'i: 'n>(node: Node<'n, 'i>, name: &'static str) -> impl Iterator<Item = Node<'n, 'i>> {
    node.descendants().filter(move |found| found.has_tag_name(name) || found.tag_name().name() == name)
}

fn one<'n, 'i: 'n>(node: Node<'n, 'i>, name: &'static str) -> Node<'n, 'i> {
    let found: Vec<Node<'n, 'i>> = elements(node, name).collect();
    assert_eq!(found.len(), 1, "the number of elements {name}");
    found[0]
}

pub fn attribute<'n>(node: Node<'n, '_>, name: &str) -> &'n str {
    node.attribute(name).unwrap_or_default()
}

/// The text of an element, with single spaces.
pub fn content(node: Node<'_, '_>) -> String {
    let text: String = node.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_asset(address: &str) -> bool {
    address.starts_with("/_emulator/ui/assets/")
}

/// Levels of headings are not skipped.
fn check_headings(address: &str, body: Node<'_, '_>) {
    let mut level = 0;
    for node in body.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let Some(found) = name.strip_prefix('h').and_then(|digit| digit.parse::<u32>().ok()) else { continue };
        assert!(found <= level + 1, "{address}: {name} after h{level}: {}", content(node));
        level = found;
    }
}

/// Ids are unique, and references to ids exist.
fn check_ids(address: &str, html: Node<'_, '_>) {
    let mut ids = HashSet::new();
    for id in html.descendants().filter_map(|node| node.attribute("id")) {
        assert!(ids.insert(id), "{address}: the id {id} is not unique");
    }
    for node in html.descendants() {
        for name in ["aria-labelledby", "aria-describedby", "for", "list", "form"] {
            for id in node.attribute(name).unwrap_or_default().split_whitespace() {
                assert!(ids.contains(id), "{address}: {name}={id}");
            }
        }
    }
}

/// Every field has a label, and every button a name.
fn check_labels(address: &str, body: Node<'_, '_>) {
    let labels: HashSet<&str> = elements(body, "label").filter_map(|label| label.attribute("for")).collect();
    for field in ["input", "select", "textarea"].into_iter().flat_map(|name| elements(body, name)) {
        if field.attribute("type") == Some("hidden") {
            continue;
        }
        let is_labelled = field.attribute("id").is_some_and(|id| labels.contains(id));
        let is_inside = field.ancestors().any(|around| around.has_tag_name("label"));
        assert!(is_labelled || is_inside || field.has_attribute("aria-label"), "{address}: {field:?}");
    }
    for button in elements(body, "button") {
        assert!(
            !content(button).is_empty() || button.has_attribute("aria-label"),
            "{address}: a button without a name"
        );
    }
}
