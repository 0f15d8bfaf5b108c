"""moto: export jobs write signed objects to its S3, and fail with its errors."""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import time
import unittest
import urllib.request

import boto3

MOTO = os.environ["AWS_ENDPOINT_URL"]
ACCOUNT = "111111111111"
BUCKET = "exports"
SCENARIO = f"{os.environ['REPOSITORY']}/client-tests/programs/moto/scenario.yaml"
KMS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"


def aws(service, key=("setup", "setup")):
    """A client of moto."""
    return boto3.client(
        service, region_name="us-east-1", endpoint_url=MOTO, aws_access_key_id=key[0], aws_secret_access_key=key[1]
    )


def post(path, text):
    """Calls the control plane of moto."""
    request = urllib.request.Request(f"{MOTO}/moto-api/{path}", text.encode(), {"Content-Type": "text/plain"}, method="POST")
    urllib.request.urlopen(request, timeout=60).close()


def check_signatures(without):
    """From now on, moto answers that many requests without checks; then it verifies signatures and permissions."""
    post("reset-auth", str(without))


def make_bucket(permissions):
    """A bucket, and the access key of a user with these permissions for it. moto checks both."""
    post("reset", "")
    check_signatures(1000)
    aws("s3").create_bucket(Bucket=BUCKET)
    iam = aws("iam")
    iam.create_user(UserName="exporter")
    statement = {"Effect": "Allow", "Action": permissions, "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.put_user_policy(UserName="exporter", PolicyName="export", PolicyDocument=document)
    key = iam.create_access_key(UserName="exporter")["AccessKey"]
    check_signatures(0)
    return key["AccessKeyId"], key["SecretAccessKey"]


@contextlib.contextmanager
def emulator(key, secret):
    """A client of an emulator that exports to moto, with two findings."""
    with tempfile.TemporaryDirectory() as folder:
        port = pathlib.Path(folder) / "port"
        command = ["securityhub-local", "serve", "--port", "0", "--port-file", port, "--scenario", SCENARIO]
        command += ["--export-s3-endpoint", MOTO]
        variables = os.environ | {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            while not port.exists():
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.05)
            endpoint = f"http://127.0.0.1:{port.read_text().strip()}"
            hub = boto3.client(
                "securityhub", region_name="us-east-1", endpoint_url=endpoint, aws_access_key_id=ACCOUNT, aws_secret_access_key="x"
            )
            hub.enable_security_hub()
            hub.enable_security_hub_v2()
            imported = hub.batch_import_findings(Findings=[finding("a"), finding("b")])
            assert imported["SuccessCount"] == 2, imported
            yield hub, process
        finally:
            process.kill()
            process.communicate()


def finding(name):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": name,
        "ProductArn": f"arn:aws:securityhub:us-east-1:{ACCOUNT}:product/{ACCOUNT}/default",
        "GeneratorId": "generator",
        "AwsAccountId": ACCOUNT,
        "CreatedAt": "2026-01-15T09:00:00Z",
        "UpdatedAt": "2026-01-15T09:00:00Z",
        "Types": ["Software and Configuration Checks"],
        "Severity": {"Label": "HIGH"},
        "Title": f"Finding {name}",
        "Description": "A finding",
        "Resources": [{"Type": "Other", "Id": "host"}],
    }


def export(hub, bucket=BUCKET, prefix="daily/a b+é", **output):
    """A job after its end."""
    s3 = {"BucketArn": f"arn:aws:s3:::{bucket}", "KmsKeyArn": KMS_KEY, "ObjectPrefix": prefix}
    job = hub.start_export_job_v2(Destination={"S3": s3}, OutputConfiguration={"Findings": output})["ExportJobId"]
    return hub.get_export_job_v2(ExportJobId=job)


class Exports(unittest.TestCase):
    # Rules: EXV-08.
    def test_objects_are_named_by_bucket_and_prefix(self):
        key = make_bucket(["s3:PutObject", "s3:GetObject"])
        with emulator(*key) as (hub, _):
            lines = export(hub, Format="OCSF_JSON")
            table = export(hub, prefix="", Format="CSV", SelectedFields=["finding_info.title"])
            self.assertEqual((lines["Status"], table["Status"]), ("SUCCEEDED", "SUCCEEDED"), lines)
            expected = hub.get_findings_v2()["Findings"]
            self.assertEqual(len(expected), 2)
        s3 = aws("s3", key)
        read = lambda name: s3.get_object(Bucket=BUCKET, Key=name)["Body"].read().decode()
        written = read(f"daily/a b+é/{lines['ExportJobId']}/findings.jsonl")
        self.assertEqual(
            [json.loads(line)["metadata"]["uid"] for line in written.splitlines()],
            [found["metadata"]["uid"] for found in sorted(expected, key=lambda found: found["finding_info"]["title"])],
        )
        written = read(f"{table['ExportJobId']}/findings.csv")
        self.assertEqual(written, "finding_info.title\r\nFinding a\r\nFinding b\r\n")

    # Rules: EXV-05, EXV-08.
    def test_errors_of_s3_are_failures_of_jobs(self):
        key, secret = make_bucket(["s3:GetObject"])
        with emulator(key, secret) as (hub, process):
            job = export(hub, Format="OCSF_JSON")
            self.assertEqual((job["Status"], job["FailureCode"]), ("FAILED", "ACCESS_DENIED"), job)
            self.assertIn("403", job["FailureMessage"])
            process.terminate()
            log = process.stderr.read()
            self.assertIn("refused exports/daily/a b+é/", log)
        with emulator(key, "another") as (hub, _):
            job = export(hub, Format="OCSF_JSON")
            self.assertEqual((job["Status"], job["FailureCode"]), ("FAILED", "ACCESS_DENIED"), job)
            self.assertIn("SignatureDoesNotMatch", job["FailureMessage"])
        check_signatures(1000)
        with emulator(key, secret) as (hub, _):
            job = export(hub, bucket="missing", Format="OCSF_JSON")
            self.assertEqual((job["Status"], job["FailureCode"]), ("FAILED", "RESOURCE_NOT_FOUND"), job)
            self.assertIn("NoSuchBucket", job["FailureMessage"])


if __name__ == "__main__":
    unittest.main()
