//! `resources`: the resources that the finding is about (OCF-22).

use std::borrow::Cow;

use securityhub_engine::json::text;
use securityhub_fixtures::{ocsf_resource_types, regions};

use super::asff::Member;
use super::details;
use super::out::{Out, inside};
use super::settings::ConversionContext;
use super::source::Source;

/// Writes `resources`, in the order of ASFF (OCM-50).
pub(super) fn write(source: &Source<'_>, context: ConversionContext<'_>, out: &mut Out<'_>) {
    out.list("resources", |out| {
        let mut position = 0;
        text::each_object(source.get(Member::Resources), MEMBERS, |resource| {
            out.element(|out| one((source, context), (position, resource), out));
            position += 1;
        });
    });
}

/// The members of a resource that OCSF contains.
const MEMBERS: [&str; 8] = ["Type", "Id", "Partition", "Region", "Provider", "Owner", "Tags", "Details"];

fn one<'t>(
    (source, context): (&Source<'t>, ConversionContext<'_>),
    (position, resource): (usize, [Option<&'t str>; 8]),
    out: &mut Out<'_>,
) {
    let [kind, id, partition, region, provider, owner, tags, details] = resource;
    let kind = inside(kind).unwrap_or_default();
    let id = inside(id).unwrap_or_default();
    out.text("cloud_partition", inside(partition).unwrap_or_else(|| source.partition()));
    if let Some(criticality) = source.annex.criticality.get(&position) {
        out.plain("criticality", criticality);
    }
    let name = details::write(source, (kind, id, details), out);
    let function = Arn::of(id).filter(|_| kind == "AwsLambdaFunction");
    out.text("name", function.as_ref().and_then(function_name).or(name).unwrap_or_default());
    out.object("owner", |out| write_owner((source, context), id, owner, out));
    out.text("provider", inside(provider).unwrap_or("AWS"));
    match inside(region) {
        _ if kind.starts_with("AwsIam") => out.text("region", "global"),
        Some(region) => out.text("region", region),
        None => out.copy("region", source.get(Member::Region)),
    }
    out.tags("tags", tags);
    let (family, rest) = ocsf_resource_types::spelled(kind);
    out.pieces("type", [family, rest]);
    let (uid, arn) = ids(kind, id);
    out.text("uid", &uid);
    out.text("uid_alt", arn.unwrap_or_default());
}

/// The short ID of a resource (OCM-52).
fn uid<'i>(kind: &str, id: &'i str) -> Cow<'i, str> {
    if kind == "AwsAccount" {
        return id.strip_prefix("AWS::::Account:").unwrap_or_else(|| account_of(id)).into();
    }
    let Some(arn) = Arn::of(id) else { return id.into() };
    let last = |text: &'i str| text.rsplit(['/', ':']).next().unwrap_or_default();
    let short = match arn.service {
        "sqs" if !arn.region.is_empty() => return queue_url(&arn).into(),
        // The key of an object contains slashes.
        "s3" if arn.account.is_empty() => arn.resource.split_once('/').map_or(arn.resource, |(_, key)| key),
        "lambda" => function_name(&arn).unwrap_or_else(|| last(arn.resource)),
        _ if arn.resource.contains('/') => arn.resource.rsplit('/').next().unwrap_or_default(),
        _ => last(arn.resource),
    };
    if short.is_empty() { id.into() } else { short.into() }
}

fn account_of(id: &str) -> &str {
    Arn::of(id).map(|arn| arn.account).filter(|account| !account.is_empty()).unwrap_or(id)
}

fn queue_url(arn: &Arn<'_>) -> String {
    let partition = regions::PARTITIONS.iter().find(|partition| partition.name == arn.partition);
    let suffix = partition.map_or("amazonaws.com", |partition| partition.dns_suffix);
    format!("https://sqs.{}.{suffix}/{}/{}", arn.region, arn.account, arn.resource)
}

/// The name of a function, even if the ARN contains a version.
fn function_name<'a>(arn: &Arn<'a>) -> Option<&'a str> {
    arn.resource.strip_prefix("function:")?.split(':').next()
}

fn write_owner(
    (source, context): (&Source<'_>, ConversionContext<'_>),
    id: &str,
    owner: Option<&str>,
    out: &mut Out<'_>,
) {
    let [account, org] = text::values_of(owner, ["Account", "Org"]);
    let ([account], [org]) = (text::values_of(account, ["Id"]), text::values_of(org, ["Id"]));
    let finding_account = source.text(Member::AwsAccountId);
    let of_arn = Arn::of(id).map(|arn| arn.account).filter(|account| is_account(account));
    let account = inside(account).or(of_arn).unwrap_or(finding_account);
    out.object("account", |out| {
        if account == finding_account {
            out.copy("name", source.get(Member::AwsAccountName));
        }
        out.text("uid", account);
    });
    let org = inside(org).or_else(|| (context.organization_of)(account));
    out.object("org", |out| out.text("uid", org.unwrap_or_default()));
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An ARN in parts.
struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn of(id: &'a str) -> Option<Arn<'a>> {
        let mut parts = id.strip_prefix("arn:")?.splitn(5, ':');
        Some(Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

/// The short ID of a resource of ASFF, and its ARN if the two differ.
pub(super) fn ids<'i>(kind: &str, id: &'i str) -> (Cow<'i, str>, Option<&'i str>) {
    let uid = uid(kind, id);
    let arn = (id.starts_with("arn:") && uid != id).then_some(id);
    (uid, arn)
}

/// The bucket of an object, given the object's ARN.
pub(super) fn bucket_of(arn: &str) -> Option<&str> {
    Some(Arn::of(arn)?.resource.split_once('/')?.0)
}
