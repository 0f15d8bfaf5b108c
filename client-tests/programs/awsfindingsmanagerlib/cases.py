"""awsfindingsmanagerlib: suppression rules change exactly the findings that they match, in all linked Regions."""

import unittest
from unittest import TestCase

from awsfindingsmanagerlib import FindingsManager
from awsfindingsmanagerlib.awsfindingsmanagerlibexceptions import FailedToBatchUpdate

from emulator import act_as, findings, hub, reset

ADMINISTRATOR, MEMBER, UNSUBSCRIBED = "111111111111", "222222222222", "333333333333"


def manager(*rules, account=ADMINISTRATOR, **keys):
    act_as(account)
    made = FindingsManager(region="us-east-1", **keys)
    made.register_rules([{"note": f"rule {at}", "action": "SUPPRESSED", "match_on": on} for at, on in enumerate(rules)])
    return made


class Suppression(TestCase):
    def setUp(self):
        reset()

    def suppressed_by(self, *rules, **keys):
        """The findings that rules suppress, as the administrator sees them in its home Region."""
        before = findings(ADMINISTRATOR)
        success, payloads = manager(*rules, **keys).suppress_matching_findings()
        self.assertTrue(success)
        self.assertTrue(all(len(payload["FindingIdentifiers"]) <= 100 for payload in payloads), "in batches")
        after = findings(ADMINISTRATOR)
        self.assertEqual(before.keys(), after.keys())
        changed = [finding for key, finding in after.items() if finding["Workflow"] != before[key]["Workflow"]]
        for finding in changed:
            self.assertEqual(finding["Workflow"], {"Status": "SUPPRESSED"})
            self.assertEqual(finding["Note"]["UpdatedBy"], "FindingsManager")
        return changed

    # Rules: OTH-01.
    def test_a_rule_on_a_security_control_and_a_resource_reaches_all_linked_regions(self):
        changed = self.suppressed_by({"security_control_id": "S3.5", "resource_id_regexps": ["pay-invoices$"]})
        self.assertEqual({finding["Compliance"]["SecurityControlId"] for finding in changed}, {"S3.5"})
        self.assertEqual({finding["Region"] for finding in changed}, {"us-east-1", "eu-west-1"})
        self.assertEqual({finding["Note"]["Text"] for finding in changed}, {"rule 0"})
        elsewhere = findings(MEMBER, "eu-west-1", WorkflowStatus="SUPPRESSED")
        self.assertEqual(len(elsewhere), 1, "the finding's own Region and account see it")

    def test_a_rule_on_a_standards_own_control_is_about_either_product_field(self):
        cis = self.suppressed_by({"rule_or_control_id": "1.2"})
        self.assertEqual([finding["ProductFields"].get("RuleId") for finding in cis], ["1.2"])
        fsbp = self.suppressed_by({"rule_or_control_id": "S3.9"})
        self.assertEqual({finding["ProductFields"].get("ControlId") for finding in fsbp}, {"S3.9"})

    def test_rules_on_titles_products_regions_and_tags_select(self):
        rules = [
            {"product_name": "GuardDuty", "regions": ["eu-west-1"]},
            {"tags": [{"key": "team", "value": "ops"}]},
        ]
        changed = self.suppressed_by(*rules)
        rule = {text: [finding for finding in changed if finding["Note"]["Text"] == text] for text in ("rule 0", "rule 1")}
        self.assertEqual(len(rule["rule 0"]) + len(rule["rule 1"]), len(changed))
        self.assertTrue(all((finding["ProductName"], finding["Region"]) == ("GuardDuty", "eu-west-1") for finding in rule["rule 0"]))
        everywhere = findings(ADMINISTRATOR, ProductName="GuardDuty", Region="eu-west-1")
        self.assertEqual(len(rule["rule 0"]), len(everywhere))
        self.assertEqual(len(rule["rule 1"]), 2, "the bucket fails in both Regions")
        self.assertTrue(all(finding["Resources"][0]["Tags"] == {"team": "ops"} for finding in rule["rule 1"]))

    def test_more_than_a_page_is_changed_in_batches_of_a_hundred(self):
        changed = self.suppressed_by({"product_name": "GuardDuty"})
        self.assertTrue(len(changed) > 100)
        self.assertEqual({finding["Id"] for finding in changed}, findings(ADMINISTRATOR, ProductName="GuardDuty").keys())

    def test_accounts_can_be_excluded(self):
        changed = self.suppressed_by({"product_name": "GuardDuty"}, denied_account_ids=[MEMBER])
        self.assertTrue(changed)
        self.assertNotIn(MEMBER, {finding["AwsAccountId"] for finding in changed})

    # Rules: OTH-01.
    def test_when_others_have_suppressed_a_finding_it_is_opened_again(self):
        made = manager({"security_control_id": "S3.5"})
        self.assertTrue(made.suppress_matching_findings()[0])
        by_hand = next(iter(findings(ADMINISTRATOR, ProductName="GuardDuty").values()))
        hub(ADMINISTRATOR).batch_update_findings(
            FindingIdentifiers=[{"Id": by_hand["Id"], "ProductArn": by_hand["ProductArn"]}],
            Workflow={"Status": "SUPPRESSED"}, Note={"Text": "noise", "UpdatedBy": "somebody"},
        )
        self.assertEqual([finding.id for finding in made.get_unmanaged_suppressed_findings()], [by_hand["Id"]])
        self.assertTrue(made.unsuppress_unmanaged_findings()[0])
        self.assertEqual(findings(ADMINISTRATOR, Id=by_hand["Id"])[by_hand["Id"]]["Workflow"], {"Status": "NEW"})
        self.assertTrue(findings(ADMINISTRATOR, WorkflowStatus="SUPPRESSED"), "its own stay suppressed")

    # Rules: OTH-01.
    def test_a_finding_that_does_not_exist_is_unprocessed(self):
        data = next(iter(findings(ADMINISTRATOR, ProductName="GuardDuty").values()))
        made = manager({"product_name": "GuardDuty"})
        with self.assertRaises(FailedToBatchUpdate) as raised:
            made.suppress_finding_on_matching_rules({**data, "Id": "gone"})
        [failed] = raised.exception.args[0]
        self.assertEqual(failed["FindingIdentifier"]["Id"], "gone")
        self.assertTrue(failed["ErrorMessage"])

    # Rules: OTH-01, NB-04.
    def test_without_a_home_region_all_regions_are_read_and_those_without_a_hub_are_skipped(self):
        sent = {**next(iter(findings(MEMBER, "eu-west-1", ProductName="GuardDuty").values())), "AwsAccountId": UNSUBSCRIBED}
        product = f"arn:aws:securityhub:eu-west-1:{UNSUBSCRIBED}:product/{UNSUBSCRIBED}/default"
        names = ("SchemaVersion", "Id", "GeneratorId", "AwsAccountId", "CreatedAt", "UpdatedAt", "Severity", "Title",
                 "Description", "Resources", "Types")
        answer = hub(UNSUBSCRIBED, "eu-west-1").batch_import_findings(
            Findings=[{name: sent[name] for name in names} | {"ProductArn": product}]
        )
        self.assertEqual(answer["FailedFindings"], [])
        made = manager({"title": sent["Title"]}, account=UNSUBSCRIBED)
        self.assertEqual({finding.region for finding in made.get_findings()}, {"eu-west-1"})


if __name__ == "__main__":
    unittest.main()
