//! Writes the attributes that come from the details of a resource: `data`, and the objects of AWS's extension.

use securityhub_engine::json::text;

use super::out::{Out, inside, lower_camel};
use super::source::{Class, Product, Source};

/// Writes the attributes that come from the details of a resource, and returns the resource's name. Findings of
/// controls have no `data` (OCM-56).
pub(super) fn write<'t>(
    source: &Source<'t>,
    (kind, id, details): (&str, &str, Option<&'t str>),
    out: &mut Out<'_>,
) -> Option<&'t str> {
    let (mut function, mut image, mut instance, mut volume, mut key) = (None, None, None, None, None);
    let mut name = None;
    text::each_member(details.unwrap_or_default(), |of, detail| {
        match of {
            "AwsLambdaFunction" => function = Some(detail),
            "AwsEcrContainerImage" => image = Some(detail),
            "AwsEc2Instance" => instance = Some(detail),
            "AwsEc2Volume" => volume = Some(detail),
            "AwsIamAccessKey" => key = Some(detail),
            _ => {}
        }
        name = name.or_else(|| name_in(kind, detail));
    });
    cloud_function(function, out);
    if source.class != Class::Compliance {
        if source.product == Product::GuardDuty && kind == "AwsIamAccessKey" {
            out.object("data", |out| access_key(id, key, out));
        } else {
            data(details, out);
        }
    }
    let [image_id, subnet, vpc] = text::values_of(instance, ["ImageId", "SubnetId", "VpcId"]);
    let [volume_key] = text::values_of(volume, ["KmsKeyId"]);
    let [vpc_config] = text::values_of(function, ["VpcConfig"]);
    let [function_vpc] = text::values_of(vpc_config, ["VpcId"]);
    out.object("device", |out| {
        out.object("encryption_details", |out| out.copy("key_uid", volume_key));
        out.object("image", |out| out.copy("uid", image_id));
    });
    container_image(image, out);
    out.object("subnet_info", |out| out.copy("uid", subnet));
    out.copy("vpc_uid", vpc.or(function_vpc));
    name
}

/// The name of a resource, taken from its details (OCM-53).
fn name_in<'t>(kind: &str, detail: &'t str) -> Option<&'t str> {
    let [user, names @ ..] = text::values_of(
        Some(detail),
        ["UserName", "Name", "FunctionName", "BucketName", "DbInstanceIdentifier", "ClusterName"],
    );
    let user = inside(user);
    let first = user.filter(|_| kind == "AwsIamAccessKey");
    first.or_else(|| names.into_iter().find_map(inside)).or(user)
}

fn data(details: Option<&str>, out: &mut Out<'_>) {
    out.object("data", |out| {
        text::each_member(details.unwrap_or_default(), |name, value| {
            if name == "Other" {
                out.object("other", |out| text::each_member(value, |name, value| out.copy(name, Some(value))));
            } else {
                out.camel(&format!("{}Details", lower_camel(name)), value);
            }
        });
    });
}

/// Writes an access key as findings of GuardDuty show it.
fn access_key(id: &str, key: Option<&str>, out: &mut Out<'_>) {
    let [key_id, principal, kind, name, user] =
        text::values_of(key, ["AccessKeyId", "PrincipalId", "PrincipalType", "PrincipalName", "UserName"]);
    let of_id = id.strip_prefix("AWS::IAM::AccessKey:");
    out.text("access_key_id", inside(key_id).or(of_id).unwrap_or_default());
    out.copy("principal_id", principal);
    out.copy("user_name", user.or(name));
    out.copy("user_type", kind);
}

fn cloud_function(function: Option<&str>, out: &mut Out<'_>) {
    let [layers, runtime, role] = text::values_of(function, ["Layers", "Runtime", "Role"]);
    out.object("cloud_function", |out| {
        out.list("layers", |out| {
            text::each_element(layers.unwrap_or_default(), |layer| {
                let [arn] = text::values_of(Some(layer), ["Arn"]);
                out.element(|out| out.copy("uid_alt", arn));
            });
        });
        out.copy("runtime", runtime);
        out.object("user", |out| out.copy("uid", role));
    });
}

fn container_image(image: Option<&str>, out: &mut Out<'_>) {
    let [architecture, published, registry, repository, digest] =
        text::values_of(image, ["Architecture", "ImagePublishedAt", "RegistryId", "RepositoryName", "ImageDigest"]);
    out.object("image", |out| {
        out.copy("architecture", architecture);
        out.time(["created_time", "created_time_dt"], published);
        out.copy("registry_uid", registry);
        out.copy("repository_name", repository);
        out.copy("uid", digest);
    });
}
