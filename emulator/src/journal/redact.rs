//! Replaces secrets before a call is recorded (CPL-26).

use std::borrow::Cow;
use std::sync::LazyLock;

use securityhub_fixtures::Operation;
use serde_json::Value;

/// The text that is recorded instead of a secret.
pub(super) const REDACTED: &str = "***";

/// Query parameters that authenticate a request.
const SIGNATURE_PARAMETERS: [&str; 2] = ["X-Amz-Signature", "X-Amz-Security-Token"];
/// Names of members with secrets, from connectors and from the members that the models of STS and IAM mark as
/// sensitive.
const SECRETS: [&str; 14] = [
    "AuthCode",
    "AuthState",
    "AuthUrl",
    "ClientSecret",
    "NewPassword",
    "OldPassword",
    "Password",
    "PrivateKey",
    "SAMLAssertion",
    "SecretAccessKey",
    "ServicePassword",
    "SessionToken",
    "TradeInToken",
    "WebIdentityToken",
];
/// Names of members that the model of Organizations marks as sensitive.
const PERSONAL: [&str; 5] = ["AccountName", "Email", "ManagementAccountEmail", "MasterAccountEmail", "Notes"];

/// The search for secrets in the bodies of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// No search, because the bodies contain no secrets.
    None,
    /// Secrets in JSON.
    Secrets,
    /// Secrets and personal data of accounts in JSON.
    Accounts,
    /// Secrets in forms and in XML.
    Forms,
}

impl Scope {
    /// The scope for a call of a service. Most operations have no secrets; their bodies are not searched.
    pub fn of(service: &str, operation: Option<Operation>) -> Scope {
        match (service, operation) {
            ("securityhub", Some(operation)) if !has_secrets(operation) => Scope::None,
            ("securityhub", _) => Scope::Secrets,
            ("organizations", _) => Scope::Accounts,
            _ => Scope::Forms,
        }
    }

    /// Replaces the secrets in a body; returns `None` if it does not contain any.
    pub fn redact(self, body: &[u8]) -> Option<Vec<u8>> {
        match self {
            Scope::None => None,
            Scope::Secrets | Scope::Accounts => {
                let Ok(mut value) = serde_json::from_slice(body) else {
                    // Invalid JSON may contain a secret whose end cannot be found.
                    let names = SECRETS.iter().any(|name| contains(body, name));
                    return names.then(|| REDACTED.as_bytes().to_vec());
                };
                redact_value(&mut value, self == Scope::Accounts).then(|| value.to_string().into_bytes())
            }
            Scope::Forms => {
                let text = String::from_utf8_lossy(body);
                let redacted =
                    if text.trim_start().starts_with('<') { redact_xml(&text) } else { redact_pairs(&text, &SECRETS) };
                redacted.map(String::into_bytes)
            }
        }
    }
}

/// Returns whether the bodies of an operation contain secrets. Only those of connectors do.
fn has_secrets(operation: Operation) -> bool {
    static OF_CONNECTORS: LazyLock<Vec<bool>> =
        LazyLock::new(|| Operation::ALL.iter().map(|operation| operation.name().contains("Connector")).collect());
    OF_CONNECTORS.get(operation as usize).is_none_or(|has_secrets| *has_secrets)
}

/// A path with its query, in which the values of authentication parameters are replaced.
pub(super) fn path(path_and_query: &str) -> Cow<'_, str> {
    let Some((path, query)) = path_and_query.split_once('?').filter(|(_, query)| query.contains("X-Amz-S")) else {
        return Cow::Borrowed(path_and_query);
    };
    redact_pairs(query, &SIGNATURE_PARAMETERS)
        .map_or(Cow::Borrowed(path_and_query), |query| format!("{path}?{query}").into())
}

fn contains(body: &[u8], name: &str) -> bool {
    body.windows(name.len()).any(|window| window == name.as_bytes())
}

/// Replaces secrets, and returns whether the value contained any.
fn redact_value(value: &mut Value, with_accounts: bool) -> bool {
    match value {
        Value::Array(elements) => {
            let has_secrets: Vec<bool> =
                elements.iter_mut().map(|element| redact_value(element, with_accounts)).collect();
            has_secrets.contains(&true)
        }
        Value::Object(members) => {
            // An object with an email address is an account, whose name is sensitive too.
            let is_account = with_accounts && members.contains_key("Email");
            let is_secret = |name: &str| {
                SECRETS.contains(&name) || (with_accounts && PERSONAL.contains(&name)) || (is_account && name == "Name")
            };
            members.iter_mut().fold(false, |found, (name, member)| {
                if is_secret(name) && !member.is_null() {
                    *member = REDACTED.into();
                    return true;
                }
                redact_value(member, with_accounts) || found
            })
        }
        _ => false,
    }
}

/// Replaces the values of the parameters whose name, or its last part after a dot, is one of `names`.
fn redact_pairs(query: &str, names: &[&str]) -> Option<String> {
    let is_secret = |name: &str| names.contains(&name.rsplit('.').next().unwrap_or(name));
    let mut found = false;
    let mut pair = |pair| {
        let (name, _) = str::split_once(pair, '=').filter(|(name, _)| is_secret(name))?;
        found = true;
        Some(format!("{name}={REDACTED}"))
    };
    let pairs: Vec<Cow<'_, str>> = query.split('&').map(|it| pair(it).map_or(it.into(), Cow::Owned)).collect();
    let redacted = pairs.join("&");
    found.then_some(redacted)
}

/// Replaces the contents of elements with the name of a secret.
fn redact_xml(text: &str) -> Option<String> {
    let mut redacted: Option<String> = None;
    for name in SECRETS {
        let tag = format!("<{name}>");
        let current = redacted.as_deref().unwrap_or(text);
        if !current.contains(&tag) {
            continue;
        }
        let mut parts = current.split(&tag);
        let mut written = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let rest = part.find("</").map_or("", |end| part.get(end..).unwrap_or_default());
            written.push_str(&tag);
            written.push_str(REDACTED);
            written.push_str(rest);
        }
        redacted = Some(written);
    }
    redacted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules: CPL-26.
    #[test]
    fn secrets_of_json_are_replaced() {
        let redact = |scope: Scope, body: &Value| {
            let redacted = scope.redact(body.to_string().as_bytes());
            redacted.map(|redacted| serde_json::from_slice::<Value>(&redacted).unwrap())
        };
        let connector = json!({ "AuthCode": "x", "a": [{ "AuthState": "y", "b": 1 }] });
        let expected = json!({ "AuthCode": "***", "a": [{ "AuthState": "***", "b": 1 }] });
        assert_eq!(redact(Scope::Secrets, &connector), Some(expected));
        let accounts = json!({ "Accounts": [{ "Id": "1", "Name": "n", "Email": "e" }], "Name": "unit" });
        let expected = json!({ "Accounts": [{ "Id": "1", "Name": "***", "Email": "***" }], "Name": "unit" });
        assert_eq!(redact(Scope::Accounts, &accounts), Some(expected));
        assert_eq!(redact(Scope::Secrets, &accounts), None);
        assert_eq!(redact(Scope::None, &connector), None);
        assert_eq!(Scope::Secrets.redact(b"{\"AuthCode\": \"x\""), Some(b"***".to_vec()));
        assert_eq!(Scope::Secrets.redact(b"{\"Other\""), None);
        for (operation, scope) in [
            (Some(Operation::DescribeHub), Scope::None),
            (Some(Operation::RegisterConnectorV2), Scope::Secrets),
            (None, Scope::Secrets),
        ] {
            assert_eq!(Scope::of("securityhub", operation), scope);
        }
    }

    /// Rules: CPL-26.
    #[test]
    fn secrets_of_forms_queries_and_xml_are_replaced() {
        let redact = |body: &str| Scope::Forms.redact(body.as_bytes()).map(|it| String::from_utf8(it).unwrap());
        assert_eq!(redact("Action=GetCallerIdentity&Version=1"), None);
        assert_eq!(redact("Action=X&WebIdentityToken=a%3D&b=1").unwrap(), "Action=X&WebIdentityToken=***&b=1");
        let xml = "<A><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><B>b</B></A>";
        let expected = "<A><SecretAccessKey>***</SecretAccessKey><SessionToken>***</SessionToken><B>b</B></A>";
        assert_eq!(redact(xml).unwrap(), expected);
        assert_eq!(path("/a?x=1"), "/a?x=1");
        let presigned = "/a?X-Amz-Credential=k&X-Amz-Signature=ab&X-Amz-Security-Token=t&X-Amz-SignedHeaders=host";
        let expected = "/a?X-Amz-Credential=k&X-Amz-Signature=***&X-Amz-Security-Token=***&X-Amz-SignedHeaders=host";
        assert_eq!(path(presigned), expected);
    }
}
