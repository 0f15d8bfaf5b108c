//! Writes JSON without building a tree.
//!
//! Members that would be null, empty text, an empty list or an empty object are not written, because no recorded
//! finding has one.

use std::borrow::Cow;

use securityhub_engine::json::text;

use super::moment;

/// JSON that is being written. Values are appended in order; commas are added where they are needed.
pub(super) struct Out<'o> {
    json: &'o mut Vec<u8>,
}

/// The members of the details of resources that are maps. Their keys are values of customers and keep their spelling.
const MAPS: [&str; 9] = [
    "BackupOptions",
    "DockerLabels",
    "DomainEndpoints",
    "DriverOpts",
    "Endpoints",
    "Labels",
    "StageVariableOverrides",
    "StageVariables",
    "Variables",
];

/// The content of a JSON string between its quotes, with its escapes; `None` for empty text and other values.
pub(super) fn inside(value: Option<&str>) -> Option<&str> {
    value?.strip_prefix('"')?.strip_suffix('"').filter(|inside| !inside.is_empty())
}

/// The text of a JSON string; `None` for empty text and other values.
fn unescaped(value: Option<&str>) -> Option<Cow<'_, str>> {
    inside(value).and_then(|_| text::string(value?))
}

/// Returns whether a value is a number.
fn is_number(value: &str) -> bool {
    value.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

impl<'o> Out<'o> {
    pub(super) fn new(json: &'o mut Vec<u8>) -> Out<'o> {
        Out { json }
    }

    fn separate(&mut self) {
        if !matches!(self.json.last(), Some(b'{' | b'[')) {
            self.json.push(b',');
        }
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.json.push(b'"');
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\":");
    }

    /// Writes a container after its name, and removes both if the container is empty.
    fn container(&mut self, name: impl FnOnce(&mut Self), [open, close]: [u8; 2], write: impl FnOnce(&mut Self)) {
        let before = self.json.len();
        name(self);
        self.json.push(open);
        let empty = self.json.len();
        write(self);
        if self.json.len() == empty {
            self.json.truncate(before);
        } else {
            self.json.push(close);
        }
    }

    /// Writes a member that is an object.
    pub(super) fn object(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.container(|out| out.name(name), *b"{}", write);
    }

    /// Writes a member that is a list.
    pub(super) fn list(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.container(|out| out.name(name), *b"[]", write);
    }

    /// Writes an element that is an object.
    pub(super) fn element(&mut self, write: impl FnOnce(&mut Self)) {
        self.container(Self::separate, *b"{}", write);
    }

    /// Writes a member that is text, given in pieces with their escapes.
    pub(super) fn pieces<const N: usize>(&mut self, name: &str, pieces: [&str; N]) {
        if pieces.iter().any(|piece| !piece.is_empty()) {
            self.name(name);
            self.json.push(b'"');
            for piece in pieces {
                self.json.extend_from_slice(piece.as_bytes());
            }
            self.json.push(b'"');
        }
    }

    /// Writes a member that is text, given with its escapes.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.pieces(name, [text]);
    }

    /// Writes a member that is text, given without escapes.
    pub(super) fn plain(&mut self, name: &str, plain: &str) {
        let quoted = text::quoted(plain);
        self.text(name, inside(Some(&quoted)).unwrap_or_default());
    }

    /// Writes an element that is text, given with its escapes.
    pub(super) fn text_element(&mut self, text: &str) {
        if !text.is_empty() {
            self.separate();
            self.json.push(b'"');
            self.json.extend_from_slice(text.as_bytes());
            self.json.push(b'"');
        }
    }

    /// Writes a member that is text, copied from JSON.
    pub(super) fn copy(&mut self, name: &str, value: Option<&str>) {
        if let Some(text) = inside(value) {
            self.text(name, text);
        }
    }

    /// Writes a member that is text and may be empty, such as the value of a tag.
    pub(super) fn copy_any(&mut self, name: &str, value: &str) {
        if value.starts_with('"') {
            self.raw(name, value);
        }
    }

    /// Writes a member that is a number, copied from JSON.
    pub(super) fn copy_number(&mut self, name: &str, value: Option<&str>) {
        if let Some(number) = value.filter(|value| is_number(value)) {
            self.raw(name, number);
        }
    }

    /// Writes a member that is a list of text, copied from JSON.
    pub(super) fn copy_texts(&mut self, name: &str, list: Option<&str>) {
        if let Some(list) = list {
            self.list(name, |out| text::each_element(list, |value| out.copy_element(value)));
        }
    }

    fn copy_element(&mut self, value: &str) {
        self.text_element(inside(Some(value)).unwrap_or_default());
    }

    /// Writes a member whose value is given as JSON.
    pub(super) fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.json.extend_from_slice(value.as_bytes());
    }

    /// Writes a member that is a whole number.
    pub(super) fn number(&mut self, name: &str, number: impl Into<i64>) {
        self.name(name);
        let number: i64 = number.into();
        let mut digits = [0; 20];
        let mut rest = number.unsigned_abs();
        let mut length = 0;
        for slot in digits.iter_mut().rev() {
            *slot = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            length += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if number < 0 {
            self.json.push(b'-');
        }
        self.json.extend_from_slice(digits.get(digits.len() - length..).unwrap_or_default());
    }

    /// Writes a member that is true or false.
    pub(super) fn flag(&mut self, name: &str, flag: bool) {
        self.raw(name, if flag { "true" } else { "false" });
    }

    /// Writes a name and its number, such as `severity` and `severity_id`.
    pub(super) fn coded(&mut self, [name, id]: [&str; 2], (number, text): (u8, &str)) {
        self.text(name, text);
        self.number(id, number);
    }

    /// Writes a time in both forms (OCF-13). A text that is not a date is not written.
    pub(super) fn time(&mut self, [time, time_dt]: [&str; 2], value: Option<&str>) {
        if let Some(moment) = inside(value).and_then(moment::read) {
            self.number(time, moment.milliseconds);
            self.text(time_dt, &moment.text);
        }
    }

    /// Writes a member that is the number of a port, copied from JSON.
    pub(super) fn port(&mut self, value: Option<&str>) {
        self.copy_number("port", value.filter(|value| value.parse::<u16>().is_ok()));
    }

    /// Writes the members of a file object, of which the schema requires name and type.
    pub(super) fn file(&mut self, path: Option<&str>, name: Option<&str>) {
        let (whole, given) = (unescaped(path), unescaped(name));
        let last = whole.as_ref().and_then(|path| path.rsplit(['/', '\\']).next()).filter(|last| !last.is_empty());
        if let Some(name) = given.as_deref().or(last).or(whole.as_deref()) {
            self.plain("name", name);
            self.copy("path", path);
            self.number("type_id", 1);
        }
    }

    /// Writes an object of text as a list of entries with name and value, in the same order (OCM-55).
    pub(super) fn tags(&mut self, name: &str, tags: Option<&str>) {
        let Some(tags) = tags else { return };
        self.list(name, |out| {
            text::each_member(tags, |key, value| {
                if !key.is_empty() && value.starts_with('"') {
                    out.element(|out| {
                        out.text("name", key);
                        out.copy_any("value", value);
                    });
                }
            });
        });
    }

    /// Writes an object, with the names of its members in lowerCamel at every depth (OCM-56).
    pub(super) fn camel(&mut self, name: &str, object: &str) {
        self.object(name, |out| out.camel_members(object));
    }

    fn camel_members(&mut self, object: &str) {
        text::each_member(object, |name, value| self.camel_member(name, value));
    }

    fn camel_member(&mut self, name: &str, value: &str) {
        let has_own_keys = MAPS.contains(&name);
        let name = |out: &mut Self| out.camel_name(name);
        match value.as_bytes().first() {
            Some(b'{') if has_own_keys => {
                self.container(name, *b"{}", |out| text::each_member(value, |key, value| out.copy(key, Some(value))));
            }
            Some(b'{') => self.container(name, *b"{}", |out| out.camel_members(value)),
            Some(b'[') => {
                self.container(name, *b"[]", |out| text::each_element(value, |element| out.camel_element(element)));
            }
            Some(b'"') if value.len() == 2 => {}
            Some(b'n') | None => {}
            Some(_) => {
                name(self);
                self.json.extend_from_slice(value.as_bytes());
            }
        }
    }

    /// Writes the name of a member in lowerCamel, without allocating it.
    fn camel_name(&mut self, name: &str) {
        let (first, rest) = name.split_at(lowered(name));
        self.separate();
        self.json.push(b'"');
        self.json.extend(first.bytes().map(|byte| byte.to_ascii_lowercase()));
        self.json.extend_from_slice(rest.as_bytes());
        self.json.extend_from_slice(b"\":");
    }

    fn camel_element(&mut self, value: &str) {
        match value.as_bytes().first() {
            Some(b'"') => self.copy_element(value),
            Some(b'{') => self.element(|out| out.camel_members(value)),
            Some(b'[') => {
                self.container(Self::separate, *b"[]", |out| {
                    text::each_element(value, |element| out.camel_element(element));
                });
            }
            Some(b'n') | None => {}
            Some(_) => {
                self.separate();
                self.json.extend_from_slice(value.as_bytes());
            }
        }
    }
}

/// The number of leading letters of a name that lowerCamel writes in lower case.
fn lowered(name: &str) -> usize {
    let capitals = name.bytes().take_while(u8::is_ascii_uppercase).count();
    // The last capital of several begins the next word.
    if capitals > 1 && capitals < name.len() { capitals - 1 } else { capitals }
}

/// `VpcId` → `vpcId`, `KMSMasterKeyID` → `kmsMasterKeyID`.
pub(super) fn lower_camel(name: &str) -> String {
    let (first, rest) = name.split_at(lowered(name));
    let mut camel = first.to_ascii_lowercase();
    camel.push_str(rest);
    camel
}
