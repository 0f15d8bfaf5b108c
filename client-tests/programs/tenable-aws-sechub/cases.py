"""tenable-aws-sechub: vulnerabilities that Tenable exports are imported into the account of each asset, and archived when fixed."""

import http.server
import json
import os
import pathlib
import subprocess
import threading
import unittest
from unittest import TestCase

from emulator import act_as, findings, hub, reset

PLACES = {"222222222222": "us-east-1", "333333333333": "eu-west-1"}


def asset(number, account):
    return {
        "id": f"asset-{number}",
        "network": {"ipv4s": [f"10.0.0.{number}"], "ipv6s": []},
        "cloud": {"aws": {
            "region": PLACES.get(account, "us-east-1"), "ec2_instance_id": f"i-{number:017x}", "owner_id": account,
            "ec2_instance_type": "t3.micro", "ec2_instance_ami_id": "ami-0123456789abcdef0",
        }},
    }


def vulnerability(plugin, asset_number, state="OPEN", **members):
    return {
        "asset": {"uuid": f"asset-{asset_number}", "hostname": "host"},
        "plugin": {
            "id": plugin, "name": f"Plugin {plugin} " + "x" * 300, "description": "Remote code execution. " * 100,
            "family": "Web Servers", "type": "remote", "cve": ["CVE-2021-44228", "CVE-2021-45046"],
            "solution": "Upgrade.", "see_also": ["https://example.com/advisory"],
        },
        "severity": "critical", "severity_id": 4, "state": state,
        "first_found": "2026-01-02T03:04:05.678Z", "last_found": "2026-01-10T03:04:05.678Z",
        **members,
    }


class Tenable(http.server.BaseHTTPRequestHandler):
    """The part of Tenable's API that exports need: each export is finished at once and has one chunk."""

    exports = {}

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer({"export_uuid": "0000"})

    def do_GET(self):
        if self.path.endswith("/status"):
            return self.answer({"status": "FINISHED", "chunks_available": [1]})
        return self.answer(self.exports[self.path.split("/")[1]])

    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Exports(TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tenable)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        # One profile per account, as in its manual.
        profiles = "".join(
            f"[{account}]\naws_access_key_id = {account}\naws_secret_access_key = x\n" for account in PLACES
        )
        pathlib.Path("credentials").write_text(profiles)
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(pathlib.Path("credentials").absolute())

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        reset()
        for account, region in PLACES.items():
            product = f"arn:aws:securityhub:{region}::product/tenable/vulnerability-management"
            hub(account, region).enable_import_findings_for_product(ProductArn=product)

    def export(self, *vulnerabilities, assets):
        """Runs the program with the exports of Tenable; returns its log."""
        Tenable.exports = {"vulns": list(vulnerabilities), "assets": assets}
        profiles = "".join(
            f'[[aws_profile]]\nname = "{account}"\nregion = "{region}"\naccounts = ["{account}"]\n'
            for account, region in PLACES.items()
        )
        url = f"http://127.0.0.1:{self.server.server_port}"
        pathlib.Path("tvm2aws.toml").write_text(f'access_key = "a"\nsecret_key = "b"\ntvm_url = "{url}"\n{profiles}')
        done = subprocess.run(["tvm2aws"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("since = ", pathlib.Path("tvm2aws.toml").read_text(), "it notes when it ran")
        return done.stdout + done.stderr

    # Rules: OTH-07.
    def test_vulnerabilities_arrive_in_the_accounts_of_their_assets(self):
        self.export(
            vulnerability(1001, 1), vulnerability(1002, 1), vulnerability(1001, 2),
            vulnerability(1001, 3), vulnerability(1001, 4),
            assets=[asset(1, "222222222222"), asset(2, "333333333333"), asset(3, "444444444444")],
        )
        first = findings("222222222222", "us-east-1")
        self.assertEqual(
            first.keys(), {f"us-east-1/i-{1:017x}/1001", f"us-east-1/i-{1:017x}/1002"}, "of unknown assets none"
        )
        self.assertEqual(findings("333333333333", "eu-west-1").keys(), {f"eu-west-1/i-{2:017x}/1001"})
        for finding in first.values():
            self.assertEqual(finding["ProductName"], "Tenable Vulnerability Management")
            self.assertEqual((finding["Severity"]["Label"], finding["Severity"]["Normalized"]), ("CRITICAL", 90))
            self.assertEqual(finding["Resources"][0]["Details"]["AwsEc2Instance"]["IpV4Addresses"], ["10.0.0.1"])
            self.assertEqual(finding["FirstObservedAt"], "2026-01-02T03:04:05.678Z")
            self.assertLessEqual(len(finding["Title"]), 256)
            self.assertEqual(finding["RecordState"], "ACTIVE")

    # Rules: OTH-07.
    def test_when_fixed_a_finding_is_archived_and_keeps_the_customers_workflow(self):
        assets = [asset(1, "222222222222")]
        self.export(vulnerability(1001, 1), vulnerability(1002, 1), assets=assets)
        before = findings("222222222222")
        hub("222222222222").batch_update_findings(
            FindingIdentifiers=[{"Id": key, "ProductArn": finding["ProductArn"]} for key, finding in before.items()],
            Workflow={"Status": "NOTIFIED"},
        )
        self.export(vulnerability(1001, 1, "FIXED"), vulnerability(1002, 1, "REOPENED"), assets=assets)
        after = findings("222222222222")
        state = {key.split("/")[2]: (found["RecordState"], found["Workflow"]["Status"]) for key, found in after.items()}
        self.assertEqual(state, {"1001": ("ARCHIVED", "NOTIFIED"), "1002": ("ACTIVE", "NOTIFIED")})

    # Rules: OTH-07.
    def test_more_than_a_hundred_findings_are_sent_in_batches(self):
        self.export(*(vulnerability(plugin, 1) for plugin in range(1000, 1230)), assets=[asset(1, "222222222222")])
        self.assertEqual(len(findings("222222222222")), 230)


if __name__ == "__main__":
    act_as("222222222222")
    unittest.main()
