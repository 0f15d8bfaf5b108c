"""prowler: findings of a scan are stored, findings missing from the next scan are archived, and workflow, notes and fields set by customers are kept."""

import csv
import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import urllib.request
from unittest import TestCase

import boto3

from emulator import act_as, findings, hub, reset

ACCOUNT = "123456789012"
# Security Hub accepts prowler's findings, is enabled without a subscription to prowler, and is disabled.
TAKES, UNSUBSCRIBED, OFF = "us-east-1", "eu-west-1", "us-west-2"
# The exit code of prowler if a check failed.
CHECKS_FAILED = 3


def scan(*arguments):
    """Runs a scan; returns its output, the findings that it sent, and its table of results."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["prowler", "aws", "--security-hub", "--region", TAKES, UNSUBSCRIBED, OFF, "--no-banner", "--no-color"]
        command += ["--log-level", "WARNING", "--output-directory", folder, "--output-formats", "csv"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=240)
        assert done.returncode == CHECKS_FAILED, done.stdout + done.stderr
        [file] = pathlib.Path(folder).glob("*.asff.json")
        sent = {finding["Id"]: finding for finding in json.loads(file.read_text())}
        [file] = pathlib.Path(folder).glob("*.csv")
        with open(file, newline="") as text:
            results = list(csv.DictReader(text, delimiter=";"))
        return done.stdout + done.stderr, sent, results


def of_region(sent, region):
    return {key: finding for key, finding in sent.items() if finding["Resources"][0]["Region"] == region}


class Scans(TestCase):
    def setUp(self):
        act_as(ACCOUNT)
        reset()
        moto = urllib.request.Request(f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/reset", method="POST")
        urllib.request.urlopen(moto, timeout=60).close()
        topics = {region: boto3.client("sns", region_name=region) for region in (TAKES, UNSUBSCRIBED, OFF)}
        arns = [topics[region].create_topic(Name="alarms")["TopicArn"] for region in topics]
        self.remove_topic = lambda: topics[TAKES].delete_topic(TopicArn=arns[0])
        boto3.client("dynamodb").create_table(
            TableName="carts", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )

    # Starting a scan takes as long as running it, so all checks of two scans are in one test.
    # Rules: PRW-01, PRW-02, PRW-03, PRW-04, PRW-05, PRW-06, PRW-07, REI-07, NB-02.
    def test_a_scan_is_stored_and_the_next_one_archives_fixed_findings(self):
        standard = f"arn:aws:securityhub:{TAKES}::standards/aws-foundational-security-best-practices/v/1.0.0"
        hub(ACCOUNT).batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": standard}])
        services = ("--service", "sns", "dynamodb", "securityhub")
        output, first, results = scan(*services)
        with self.subTest("hubs that are off or not subscribed to prowler get nothing"):
            self.check_regions(output, first)
        stored = findings(ACCOUNT)
        with self.subTest("findings are stored as they were sent"):
            self.check_stored(stored, of_region(first, TAKES))
        with self.subTest("prowler's own checks of Security Hub read the hubs"):
            self.check_own_checks(results)
        hub(ACCOUNT).batch_update_findings(
            FindingIdentifiers=[{"Id": key, "ProductArn": finding["ProductArn"]} for key, finding in stored.items()],
            Workflow={"Status": "NOTIFIED"}, UserDefinedFields={"ticket": "SEC-1"},
            Note={"Text": "seen", "UpdatedBy": "me"}, VerificationState="TRUE_POSITIVE",
        )
        before = findings(ACCOUNT)
        self.remove_topic()
        output, second, _ = scan(*services)
        here = of_region(second, TAKES)
        gone = before.keys() - here.keys()
        self.assertTrue(gone)
        self.assertIn(f"{len(here)} findings sent to AWS Security Hub", output)
        self.assertIn(f"{len(gone)} findings archived in AWS Security Hub", output)
        self.check_after(before, findings(ACCOUNT), gone)

    def check_regions(self, output, sent):
        self.assertIn(f"{len(of_region(sent, TAKES))} findings sent to AWS Security Hub", output)
        self.assertNotIn("Failed to send", output)
        self.assertIn(f"Security Hub is enabled in {UNSUBSCRIBED} but Prowler integration does not accept", output)
        self.assertIn(f"Account {ACCOUNT} is not subscribed to AWS Security Hub", output)
        self.assertTrue(of_region(sent, UNSUBSCRIBED) and of_region(sent, OFF), "there was something to leave out")
        self.assertEqual(findings(ACCOUNT, UNSUBSCRIBED), {})

    def check_stored(self, stored, sent):
        self.assertEqual(stored.keys(), sent.keys())
        for key, finding in sent.items():
            self.assertEqual(stored[key]["ProductName"], "Prowler")
            self.assertEqual(stored[key]["Workflow"], {"Status": "NEW"})
            self.assertLessEqual(finding["ProductFields"].items(), stored[key]["ProductFields"].items())
            self.assertEqual(stored[key]["Severity"]["Label"], finding["Severity"]["Label"])
            # Members that are null in prowler's own file are omitted.
            for name in finding.keys() - {"ProductFields", "Severity"}:
                self.assertEqual(stored[key][name], without_null(finding[name]), name)

    def check_own_checks(self, results):
        enabled = {row["REGION"]: row for row in results if row["CHECK_ID"] == "securityhub_enabled"}
        self.assertEqual((enabled[TAKES]["STATUS"], enabled[OFF]["STATUS"]), ("PASS", "FAIL"), enabled)
        self.assertIn("aws-foundational-security-best-practices", enabled[TAKES]["STATUS_EXTENDED"])
        self.assertIn("not enabled", enabled[OFF]["STATUS_EXTENDED"])
        # The delegated administrator is requested in each Region whose hub is enabled.
        delegated = {row["REGION"] for row in results if row["CHECK_ID"] == "securityhub_delegated_admin_enabled_all_regions"}
        self.assertLessEqual({TAKES, UNSUBSCRIBED}, delegated)

    def check_after(self, before, after, gone):
        self.assertEqual(after.keys(), before.keys())
        self.assertEqual({key for key, finding in after.items() if finding["RecordState"] == "ARCHIVED"}, gone)
        for key, old in before.items():
            new = after[key]
            self.assertEqual(new["Workflow"], {"Status": "NOTIFIED"})
            self.assertEqual(new["UserDefinedFields"], {"ticket": "SEC-1"})
            self.assertEqual((new["Note"]["Text"], new["VerificationState"]), ("seen", "TRUE_POSITIVE"))
            # prowler sends the time of the scan as CreatedAt and UpdatedAt; the first CreatedAt is kept.
            self.assertEqual(new["CreatedAt"], old["CreatedAt"])
            self.assertGreater(new["UpdatedAt"], old["UpdatedAt"])
            # Archived findings are sent back completely, as they were read.
            if key in gone:
                for name in old.keys() - {"RecordState", "UpdatedAt", "ProcessedAt"}:
                    self.assertEqual(new[name], old[name], name)

    # Rules: PRW-03, PRW-05.
    def test_only_failures_are_sent_and_none_archived_with_these_options(self):
        arguments = ("--service", "sns", "dynamodb", "--send-sh-only-fails", "--skip-sh-update")
        _, sent, _ = scan(*arguments)
        here = of_region(sent, TAKES)
        failed = {key for key, finding in here.items() if finding["Compliance"]["Status"] == "FAILED"}
        self.assertTrue(0 < len(failed) < len(here))
        self.assertEqual(findings(ACCOUNT).keys(), failed)
        self.remove_topic()
        scan(*arguments)
        self.assertEqual({finding["RecordState"] for finding in findings(ACCOUNT).values()}, {"ACTIVE"})


def without_null(value):
    if isinstance(value, dict):
        return {name: without_null(member) for name, member in value.items() if member is not None}
    return [without_null(member) for member in value] if isinstance(value, list) else value


if __name__ == "__main__":
    unittest.main()
