"""awsenergylabelercli: labels of accounts, audit zones and organizations are computed from the stored findings."""

import json
import pathlib
import subprocess
import tempfile
import unittest
from unittest import TestCase

from emulator import act_as, findings, hub, reset

MANAGEMENT, AUDIT, FSBP, CIS = "999999999999", "111111111111", "222222222222", "333333333333"


def run(*arguments):
    """Runs the program; returns its exit code, its report, and its exports by file."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["aws-energy-labeler", "--region", "us-east-1", "--disable-banner", "--disable-spinner", "--to-json"]
        done = subprocess.run(
            [*command, "--export-path", folder, *arguments], capture_output=True, text=True, timeout=120
        )
        files = {path.stem: json.loads(path.read_text()) for path in pathlib.Path(folder).glob("*.json")}
        return done.returncode, done.stdout + done.stderr, files


def label(*arguments):
    """Runs the program and expects success."""
    code, output, files = run(*arguments)
    assert code == 0, output
    # Its log output precedes the report.
    return json.loads(output[output.index("{\n"):output.rindex("}") + 1]), files


def counts(account):
    """Medium and low findings of an account that the program labeled, and its label."""
    return (account["Number of medium findings"], account["Number of low findings"], account["Energy Label"])


class Labels(TestCase):
    def setUp(self):
        reset()
        act_as(AUDIT)

    # Rules: OTH-08.
    def test_an_account_is_labeled_by_its_failed_findings_in_all_linked_regions(self):
        failed = findings(AUDIT, AwsAccountId=FSBP, ComplianceStatus="FAILED")
        self.assertEqual({finding["Region"] for finding in failed.values()}, {"us-east-1", "eu-west-1"})
        report, files = label("--single-account-id", FSBP)
        self.assertEqual(report["number_of_medium_findings"], len(failed))
        self.assertEqual((report["account_security_score"], report["max_days_open"]), ("A", 0))
        self.assertEqual({finding["Finding ID"] for finding in files["security-hub-findings"]}, failed.keys())

    # Rules: OTH-08.
    def test_when_resolved_or_suppressed_a_finding_does_not_count(self):
        failed = list(findings(AUDIT, AwsAccountId=FSBP, ComplianceStatus="FAILED").values())
        for finding, status in zip(failed, ("RESOLVED", "SUPPRESSED")):
            hub(AUDIT).batch_update_findings(
                FindingIdentifiers=[{"Id": finding["Id"], "ProductArn": finding["ProductArn"]}],
                Workflow={"Status": status},
            )
        report, _ = label("--single-account-id", FSBP, "--report-suppressed-findings")
        self.assertEqual(report["number_of_medium_findings"], len(failed) - 2)
        self.assertEqual(report["suppressed_findings"], "1")

    # Rules: OTH-08.
    def test_an_audit_zone_is_the_accounts_that_are_members(self):
        report, files = label("--audit-zone-name", "ours", "--frameworks", "cis-aws-foundations-benchmark")
        self.assertEqual(report["labeled_accounts_measured"], 2)
        accounts = {account["Account ID"]: counts(account) for account in files["labeled-accounts"]}
        failed = findings(AUDIT, AwsAccountId=CIS, ComplianceStatus="FAILED")
        low = sum(finding["Severity"]["Label"] == "LOW" for finding in failed.values())
        self.assertEqual(accounts, {FSBP: (0, 0, "A"), CIS: (len(failed) - low, low, "A")})
        self.assertTrue(failed)

    # Rules: OTH-08.
    def test_an_organizations_zone_is_all_accounts_with_their_names(self):
        thresholds = [{"label": "A", "critical_high": 0, "medium": 0, "low": 0, "days_open_less_than": 999}]
        thresholds += [{**thresholds[0], "label": name, "medium": 100, "low": 100} for name in "BCDE"]
        report, files = label("--organizations-zone-name", "ours", "--account-thresholds", json.dumps(thresholds))
        self.assertEqual(report["labeled_accounts_measured"], 4)
        labels = {account["Account ID"]: account["Energy Label"] for account in files["labeled-accounts"]}
        self.assertEqual(labels, {MANAGEMENT: "A", AUDIT: "A", CIS: "A", FSBP: "B"}, "of the default framework")
        names = {account["Account ID"]: account["Account Name"] for account in files["labeled-accounts"]}
        self.assertEqual(names[FSBP], "pay")

    # Rules: OTH-08, CLN-03.
    def test_a_caller_whose_hub_is_disabled_gets_no_label(self):
        act_as(MANAGEMENT)
        code, output, files = run("--audit-zone-name", "ours")
        self.assertNotEqual(code, 0)
        self.assertIn(f"Account {MANAGEMENT} is not subscribed to AWS Security Hub", output)
        self.assertEqual(files, {})


if __name__ == "__main__":
    unittest.main()
