//! AWS Security Token Service: the caller's identity, and sessions of roles (NB-20, NB-21).

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::query::Form;
use super::xml::Element;
use crate::aws_error::{AwsError, ErrorCode};
use crate::domain::arn::Arn;
use crate::domain::caller::Caller;
use crate::domain::policy;
use crate::invariant::Invariant;
use crate::state::{
    AccountId, Credential, Directory, IdSource, Permissions, Policy, Principal, SESSION_KEY, Timestamp, World,
};

/// Default duration of a session, and maximum duration of a session that was opened by a session.
const HOUR: i64 = 3600;
/// Maximum number of characters of a session policy.
const MAX_POLICY_LENGTH: usize = 2048;

/// Runs an operation of STS; `None` if it is not supported.
pub(super) fn call(world: &World, caller: &Caller, form: &Form) -> Result<Option<Vec<Element>>, AwsError> {
    match form.action() {
        "GetCallerIdentity" => Ok(Some(get_caller_identity(&caller.principal))),
        "AssumeRole" => assume_role(world, caller, form).map(Some),
        _ => Ok(None),
    }
}

/// Every caller may use it (NB-20).
fn get_caller_identity(principal: &Principal) -> Vec<Element> {
    vec![
        Element::text("Arn", &*principal.arn),
        Element::text("UserId", &*principal.user_id),
        Element::text("Account", principal.account.as_str()),
    ]
}

/// Opens a session of any role in any account. There are no trust policies, so every caller is trusted, and neither the
/// role nor its account need be listed in a scenario (NB-21). The session has the permissions of the role's policies
/// and of the session policies (IAM-12).
fn assume_role(world: &World, caller: &Caller, form: &Form) -> Result<Vec<Element>, AwsError> {
    let request = Request::read(caller, form)?;
    let permissions = permissions(&world.directory(), &request.role, form)?;
    let mut session = Session::new(&world.ids, caller.now, &request);
    session.principal.permissions = permissions;
    let credential = Credential {
        principal: session.principal.clone(),
        secret: Some(session.secret.clone()),
        token: Some(session.token.clone()),
    };
    world.open_session(session.access_key.clone(), credential, session.expires_at, caller.now);
    Ok(session.render())
}

/// The permissions of a session; `None` for administrator access.
fn permissions(directory: &Directory, role: &Role<'_>, form: &Form) -> Result<Option<Arc<Permissions>>, AwsError> {
    let known = directory.policies.roles.get(&(role.account, role.name.to_owned()));
    let passed = session_policies(directory, form)?;
    let session = (!passed.is_empty()).then_some(passed);
    let permissions = Permissions { session, ..known.cloned().unwrap_or_default() };
    Ok((permissions != Permissions::default()).then(|| Arc::new(permissions)))
}

/// The session policies: a document, and policies of the scenario given by ARNs that end in their names.
fn session_policies(directory: &Directory, form: &Form) -> Result<Vec<Arc<Policy>>, AwsError> {
    let mut policies = Vec::new();
    for arn in form.list_of("PolicyArns.member", ".arn") {
        let name = arn.rsplit('/').next().unwrap_or(arn);
        let policy = directory.policies.named.get(name);
        policies.push(policy.cloned().ok_or_else(|| validation_error(format!("{arn} does not exist")))?);
    }
    if let Some(document) = form.get("Policy") {
        policies.push(Arc::new(session_policy(document)?));
    }
    Ok(policies)
}

fn session_policy(document: &str) -> Result<Policy, AwsError> {
    let malformed = |message: String| AwsError::new(ErrorCode::MalformedPolicyDocument, message);
    if document.is_empty() || document.chars().count() > MAX_POLICY_LENGTH {
        let limits = format!("Member must have between 1 and {MAX_POLICY_LENGTH} characters");
        return Err(validation_error(format!("Value at 'policy' failed to satisfy constraint: {limits}")));
    }
    let value: Value =
        serde_json::from_str(document).map_err(|_| malformed("This policy contains invalid Json".into()))?;
    let (policy, remarks) = policy::read("session", &value);
    let refused = remarks.into_iter().find(|remark| remark.refuses);
    policy.ok_or_else(|| {
        malformed(
            refused
                .map(|remark| remark.message)
                .or_report("an invalid policy has a remark that says why")
                .unwrap_or_default(),
        )
    })
}

/// A validated AssumeRole request.
struct Request<'a> {
    role: Role<'a>,
    session_name: &'a str,
    duration: SignedDuration,
}

impl<'a> Request<'a> {
    fn read(caller: &Caller, form: &'a Form) -> Result<Request<'a>, AwsError> {
        let (role_arn, session_name) = (form.get("RoleArn"), form.get("RoleSessionName"));
        let duration = form.get("DurationSeconds").map_or(Ok(HOUR), str::parse);
        let mut violations = Vec::new();
        check_length(&mut violations, "roleArn", role_arn, 20, 2048);
        check_length(&mut violations, "roleSessionName", session_name, 2, 64);
        check_session_name(&mut violations, session_name.unwrap_or_default());
        match duration {
            Ok(seconds) => check_duration(&mut violations, seconds),
            Err(_) => violations
                .push("Value at 'durationSeconds' failed to satisfy constraint: Member must be an integer".to_owned()),
        }
        let (Some(role_arn), Some(session_name), Ok(seconds), []) = (role_arn, session_name, duration, &violations[..])
        else {
            return Err(refuse(&violations));
        };
        let role = Role::parse(role_arn).ok_or_else(|| validation_error(format!("{role_arn} is invalid")))?;
        if seconds > HOUR && caller.principal.arn.contains(":assumed-role/") {
            return Err(validation_error(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            ));
        }
        Ok(Request { role, session_name, duration: SignedDuration::from_secs(seconds) })
    }
}

/// A role, parsed from its ARN.
struct Role<'a> {
    partition: &'a str,
    account: AccountId,
    /// Begins and ends with a slash.
    path: &'a str,
    name: &'a str,
}

impl<'a> Role<'a> {
    /// Parses `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`. The path is not part of a session's ARN.
    fn parse(arn: &'a str) -> Option<Role<'a>> {
        let arn = Arn::parse(arn).filter(|arn| arn.service == "iam" && arn.region.is_empty())?;
        let path = arn.resource.strip_prefix("role").filter(|path| path.starts_with('/'))?;
        let (path, name) = path.split_at_checked(path.rfind('/')? + 1).filter(|(_, name)| is_name(name))?;
        Some(Role { partition: arn.partition, account: AccountId::parse(arn.account)?, path, name })
    }
}

/// A session of a role.
struct Session {
    principal: Principal,
    access_key: String,
    secret: String,
    token: String,
    expires_at: Timestamp,
}

impl Session {
    fn new(ids: &IdSource, now: Timestamp, request: &Request<'_>) -> Session {
        let Request { role: Role { partition, account, path, name }, session_name, duration } = request;
        Session {
            principal: Principal::session(partition, *account, (path, name), session_name),
            access_key: format!("{SESSION_KEY}{}", letters(ids, 20 - SESSION_KEY.len())),
            secret: letters(ids, 40),
            token: format!("local-session-{}", ids.uuid()),
            expires_at: now.checked_add(*duration).unwrap_or(Timestamp::MAX),
        }
    }

    fn render(&self) -> Vec<Element> {
        let user = Element::new(
            "AssumedRoleUser",
            [Element::text("AssumedRoleId", &*self.principal.user_id), Element::text("Arn", &*self.principal.arn)],
        );
        let credentials = Element::new(
            "Credentials",
            [
                Element::text("AccessKeyId", &*self.access_key),
                Element::text("SecretAccessKey", &*self.secret),
                Element::text("SessionToken", &*self.token),
                Element::text("Expiration", self.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ],
        );
        vec![user, credentials]
    }
}

/// At most 64 letters and digits, from the world's ID source.
fn letters(ids: &IdSource, count: usize) -> String {
    let mut letters = format!("{}{}", ids.uuid(), ids.uuid()).replace('-', "").to_uppercase();
    letters.truncate(count);
    letters
}

/// Returns whether a text consists of characters that IAM allows in names: `[\w+=,.@-]+`.
fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_allowed)
}

fn check_length(violations: &mut Vec<String>, member: &str, value: Option<&str>, min: usize, max: usize) {
    let Some(value) = value else {
        violations.push(format!("Value null at '{member}' failed to satisfy constraint: Member must not be null"));
        return;
    };
    let length = value.chars().count();
    let (word, limit) = if length < min {
        ("greater", min)
    } else if length > max {
        ("less", max)
    } else {
        return;
    };
    violations.push(format!(
        "Value '{value}' at '{member}' failed to satisfy constraint: \
         Member must have length {word} than or equal to {limit}"
    ));
}

fn check_session_name(violations: &mut Vec<String>, value: &str) {
    if !value.is_empty() && !is_name(value) {
        violations.push(format!(
            "Value '{value}' at 'roleSessionName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        ));
    }
}

fn check_duration(violations: &mut Vec<String>, seconds: i64) {
    let (word, limit) = match seconds {
        ..900 => ("greater", 900),
        900..=43_200 => return,
        _ => ("less", 43_200),
    };
    violations.push(format!(
        "Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: \
         Member must have value {word} than or equal to {limit}"
    ));
}

/// An error with all violations in one message.
fn refuse(violations: &[String]) -> AwsError {
    let count = violations.len();
    let noun = if count == 1 { "error" } else { "errors" };
    validation_error(format!("{count} validation {noun} detected: {}", violations.join("; ")))
}

fn validation_error(message: impl Into<String>) -> AwsError {
    AwsError::new(ErrorCode::ValidationError, message.into())
}
