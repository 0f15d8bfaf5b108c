"""cloud-custodian (c7n): `post-finding` imports and updates findings, the filter `finding` selects resources, `securityhub-finding` lists findings."""

import json
import os
import subprocess
import tempfile
import unittest
from types import SimpleNamespace
from unittest import TestCase, mock

import boto3
from c7n.mu import SecurityHubAction

from emulator import act_as, control, findings, hub, reset

ACCOUNT = "123456789012"


def custodian(*policies, region="us-east-1", succeeds=True):
    """Runs policies; returns the resources that each policy selected, and its log."""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/policies.json", "w") as file:
            json.dump({"policies": policies}, file)
        command = ["custodian", "run", "--region", region, "--cache-period", "0", "-s", f"{folder}/out"]
        done = subprocess.run([*command, f"{folder}/policies.json"], capture_output=True, text=True, timeout=120)
        assert (done.returncode == 0) == succeeds, done.stdout + done.stderr
        selected = {}
        for policy in policies:
            path = f"{folder}/out/{policy['name']}/resources.json"
            if os.path.exists(path):
                with open(path) as file:
                    selected[policy["name"]] = json.load(file)
        return selected, done.stderr


def post(resource="aws.s3", name="open-bucket", **keys):
    action = {"type": "post-finding", "types": ["Software and Configuration Checks/AWS Security Best Practices"], **keys}
    return {"name": name, "resource": resource, "actions": [action]}


class Policies(TestCase):
    @classmethod
    def setUpClass(cls):
        act_as(ACCOUNT)
        store = boto3.client("s3")
        for bucket in ("invoices", "logs"):
            store.create_bucket(Bucket=bucket)
        machines = boto3.client("ec2")
        image = machines.describe_images()["Images"][0]["ImageId"]
        made = machines.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType="t3.micro")
        cls.machines = [machine["InstanceId"] for machine in made["Instances"]]

    def setUp(self):
        reset()
        for bucket in ("invoices", "logs"):
            boto3.client("s3").delete_bucket_tagging(Bucket=bucket)

    # Rules: C7N-02, C7N-03.
    def test_a_policy_posts_a_finding_a_resource_and_updates_it_when_it_runs_again(self):
        policy = post(severity_normalized=70, compliance_status="FAILED", confidence=90, fields={"owner": "platform"})
        _, log = custodian(policy)
        self.assertNotIn("import_response", log)
        first = findings(ACCOUNT)
        self.assertEqual(
            {finding["Resources"][0]["Id"] for finding in first.values()}, {"arn:aws:s3:::invoices", "arn:aws:s3:::logs"}
        )
        for finding in first.values():
            self.assertEqual((finding["ProductName"], finding["CompanyName"]), ("Cloud Custodian", "Cloud Custodian"))
            self.assertRegex(finding["CreatedAt"], r"\.\d{6}\+00:00$")
            self.assertEqual(finding["Resources"][0]["Type"], "AwsS3Bucket")
            self.assertEqual(finding["ProductFields"]["owner"], "platform")
            # The label is the program's default, the number comes from the policy.
            self.assertEqual((finding["Severity"]["Label"], finding["Severity"]["Normalized"]), ("INFORMATIONAL", 70))
        hub(ACCOUNT).batch_update_findings(
            FindingIdentifiers=[{"Id": key, "ProductArn": finding["ProductArn"]} for key, finding in first.items()],
            Workflow={"Status": "NOTIFIED"},
        )
        _, log = custodian(policy)
        self.assertNotIn("import_response", log)
        second = findings(ACCOUNT)
        self.assertEqual(second.keys(), first.keys(), "the ids are kept in tags of the buckets")
        for key, finding in second.items():
            self.assertEqual(finding["CreatedAt"], first[key]["CreatedAt"])
            self.assertGreater(finding["UpdatedAt"], first[key]["UpdatedAt"])
            self.assertEqual(finding["Workflow"], {"Status": "NOTIFIED"}, "the customer's")

    # Rules: C7N-02, IMP-33.
    def test_without_a_subscription_each_finding_fails_and_the_run_reports_it(self):
        subscription = f"arn:aws:securityhub:us-east-1:{ACCOUNT}:product-subscription/cloud-custodian/cloud-custodian"
        hub(ACCOUNT).disable_import_findings_for_product(ProductSubscriptionArn=subscription)
        _, log = custodian(post())
        self.assertIn("'FailedCount': 1", log)
        self.assertEqual(findings(ACCOUNT), {})

    # Rules: C7N-02.
    def test_resources_of_many_kinds_are_posted(self):
        boto3.client("sns").create_topic(Name="alarms")
        boto3.client("kms").create_key(Description="ours")
        boto3.client("iam").create_user(UserName="ops")
        boto3.client("dynamodb").create_table(
            TableName="carts", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        kinds = {
            "aws.ec2": "AwsEc2Instance", "aws.security-group": "AwsEc2SecurityGroup", "aws.vpc": "AwsEc2Vpc", "aws.subnet": "Other",
            "aws.sns": "AwsSnsTopic", "aws.kms-key": "AwsKmsKey", "aws.iam-user": "Other", "aws.account": "Other",
            "aws.dynamodb-table": "Other",
        }
        policies = [post(kind, f"about-{kind[4:]}") for kind in kinds]
        selected, log = custodian(*policies)
        self.assertNotIn("import_response", log)
        found, types = list(findings(ACCOUNT).values()), {}
        for kind in kinds:
            name = f"about-{kind[4:]}"
            of_kind = [finding for finding in found if finding["GeneratorId"] == name]
            self.assertTrue(of_kind, f"{kind}: {log}")
            self.assertEqual(len(of_kind), len(selected[name]), kind)
            types[kind] = of_kind[0]["Resources"][0]["Type"]
        self.assertEqual(types, kinds)

    # Rules: C7N-01.
    def test_the_filter_selects_the_resources_that_findings_are_about(self):
        custodian(post(name="only-invoices") | {"filters": [{"Name": "invoices"}]})
        title = {"Title": [{"Comparison": "EQUALS", "Value": "only-invoices"}]}
        absent = {"Title": [{"Comparison": "EQUALS", "Value": "something else"}]}
        policies = [
            {"name": "any", "resource": "aws.s3", "filters": ["finding"]},
            {"name": "by-title", "resource": "aws.s3", "filters": [{"type": "finding", "query": title}]},
            {"name": "none", "resource": "aws.s3", "filters": [{"type": "finding", "query": absent}]},
            {"name": "without", "resource": "aws.s3", "filters": [{"not": ["finding"]}]},
        ]
        selected, _ = custodian(*policies)
        names = {policy: [bucket["Name"] for bucket in buckets] for policy, buckets in selected.items()}
        self.assertEqual(names, {"any": ["invoices"], "by-title": ["invoices"], "none": [], "without": ["logs"]})
        self.assertEqual(selected["any"][0]["c7n:finding-filter"][0]["Title"], "only-invoices")

    # Rules: C7N-01.
    def test_the_filter_finds_an_instance_by_its_arn_or_its_bare_id(self):
        by_id, by_arn = self.machines
        control("POST", "findings", [
            own_finding("by-id", "AwsEc2Instance", by_id),
            own_finding("by-arn", "AwsEc2Instance", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/{by_arn}"),
        ])
        selected, _ = custodian({"name": "machines", "resource": "aws.ec2", "filters": ["finding"]})
        about = {machine["InstanceId"]: machine["c7n:finding-filter"][0]["Id"] for machine in selected["machines"]}
        self.assertEqual(about, {by_id: "by-id", by_arn: "by-arn"})

    # Rules: C7N-04, FLT-04.
    def test_findings_are_resources_filtered_by_default_to_open_failures(self):
        made = [own_finding(f"failed-{at}", "Other", f"host-{at}", Compliance={"Status": "FAILED"}) for at in range(120)]
        made += [
            own_finding("passed", "Other", "host", Compliance={"Status": "PASSED"}),
            own_finding("archived", "Other", "host", Compliance={"Status": "FAILED"}, RecordState="ARCHIVED"),
            own_finding("resolved", "Other", "host", Compliance={"Status": "FAILED"}),
            own_finding("plain", "Other", "host"),
        ]
        control("POST", "findings", made)
        hub(ACCOUNT).batch_update_findings(
            FindingIdentifiers=[{"Id": "resolved", "ProductArn": made[0]["ProductArn"]}], Workflow={"Status": "RESOLVED"}
        )
        narrow = [{"Filters": {"Id": [{"Comparison": "PREFIX", "Value": "failed-1"}]}}]
        policies = [
            {"name": "open", "resource": "aws.securityhub-finding"},
            {"name": "narrow", "resource": "aws.securityhub-finding", "query": narrow},
        ]
        selected, _ = custodian(*policies)
        ids = {name: {finding["Id"] for finding in found} for name, found in selected.items()}
        every = {f"failed-{at}" for at in range(120)}
        self.assertEqual(ids, {"open": every, "narrow": {key for key in every if key.startswith("failed-1")}})

    # Rules: C7N-05, C7N-06.
    def test_a_hub_that_is_disabled_is_not_a_resource_and_fails_the_account(self):
        policies = [
            {"name": "hub", "resource": "aws.security-hub"},
            {"name": "off", "resource": "aws.account", "filters": [{"type": "securityhub", "enabled": False}]},
            {"name": "on", "resource": "aws.account", "filters": [{"type": "securityhub", "enabled": True}]},
        ]
        for region, expected in (("us-east-1", (1, 0, 1)), ("eu-west-1", (0, 1, 0))):
            selected, log = custodian(*policies, region=region)
            self.assertEqual(tuple(len(selected[policy["name"]]) for policy in policies), expected, log)


    # Rules: C7N-07, ACT-07.
    def test_a_custom_action_is_made_renamed_and_removed(self):
        policy = SimpleNamespace(
            name="tagit", data={"mode": {"type": "hub-action"}, "description": "Tags it"}, resource_type="aws.s3",
            options=SimpleNamespace(region="us-east-1", account_id=ACCOUNT),
        )
        action = SecurityHubAction(policy, boto3.Session)
        # In 0.9.53 it creates its event source without a required argument, so nothing can be deployed.
        action.cwe = mock.Mock()
        function = SimpleNamespace(event_name="tagit")
        arn = action.add(function, None)
        self.assertEqual(arn, f"arn:aws:securityhub:us-east-1:{ACCOUNT}:action/custom/tagit")
        policy.data["description"] = "Tags it well"
        self.assertEqual(action.add(function, None), arn)
        [target] = hub(ACCOUNT).describe_action_targets()["ActionTargets"]
        self.assertEqual(target, {"ActionTargetArn": arn, "Name": "S3 tagit", "Description": "Tags it well"})
        action.remove(function)
        self.assertEqual(hub(ACCOUNT).describe_action_targets()["ActionTargets"], [])

    # Rules: C7N-08, EVT-61, EVT-62.
    def test_a_policy_runs_on_each_kind_of_event(self):
        target = hub(ACCOUNT).create_action_target(Name="Tag", Description="Tags it", Id="tagit")["ActionTargetArn"]
        machine = self.machines[0]
        custodian(post("aws.ec2", "one-machine") | {"filters": [{"InstanceId": machine}]})
        [finding] = findings(ACCOUNT).values()
        insight = hub(ACCOUNT).create_insight(
            Name="machines", GroupByAttribute="ResourceId",
            Filters={"ResourceType": [{"Comparison": "EQUALS", "Value": "AwsEc2Instance"}]},
        )["InsightArn"]
        identifiers = [{"Id": finding["Id"], "ProductArn": finding["ProductArn"]}]
        control("POST", "custom-actions", {"ActionTargetArn": target, "FindingIdentifiers": identifiers})
        control("POST", "custom-actions", {
            "ActionTargetArn": target, "InsightArn": insight, "ResultValues": [finding["Resources"][0]["Id"]],
        })
        events = {event["detail-type"]: event for event in control("GET", "events")["Events"]}
        self.assertEqual(events.keys(), {
            "Security Hub Findings - Imported", "Security Hub Findings - Custom Action", "Security Hub Insight Results",
        })
        for at, (kind, event) in enumerate(events.items()):
            with self.subTest(kind):
                handle(event, {"type": "tag", "key": f"seen-{at}", "value": "yes"})
                tagged = boto3.client("ec2").describe_tags(Filters=[{"Name": "key", "Values": [f"seen-{at}"]}])["Tags"]
                self.assertEqual([tag["ResourceId"] for tag in tagged], [machine])


def handle(event, action):
    """Simulates the Lambda function that a policy in mode hub-action deploys."""
    mode = {"type": "hub-action", "role": f"arn:aws:iam::{ACCOUNT}:role/custodian"}
    config = {
        "execution-options": {"account_id": ACCOUNT},
        "policies": [{"name": "tagit", "resource": "aws.ec2", "mode": mode, "actions": [action]}],
    }
    code = "import json, sys; from c7n import handler; assert handler.dispatch_event(json.load(sys.stdin), None)"
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/config.json", "w") as file:
            json.dump(config, file)
        done = subprocess.run(
            ["python", "-c", code], input=json.dumps(event), cwd=folder, capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr


def own_finding(finding_id, kind, resource, **members):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": finding_id,
        "ProductArn": f"arn:aws:securityhub:us-east-1:{ACCOUNT}:product/{ACCOUNT}/default",
        "GeneratorId": "scanner",
        "AwsAccountId": ACCOUNT,
        "Types": ["Software and Configuration Checks"],
        "CreatedAt": "2026-11-01T08:00:00Z",
        "UpdatedAt": "2026-11-01T08:00:00Z",
        "Severity": {"Label": "HIGH"},
        "Title": "Found",
        "Description": "Found by a scan.",
        "Resources": [{"Type": kind, "Id": resource}],
        **members,
    }


if __name__ == "__main__":
    unittest.main()
