"""moto: export jobs write signed objects to its S3, and fail with its errors; its EventBridge gets forwarded events."""

import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
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


def control(endpoint, method, path, body=None):
    """Calls the control plane of an emulator."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{endpoint}/_emulator/{path}", data, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


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


def queue_of_rule(pattern):
    """Creates a queue of moto that receives the events that a rule of its EventBridge selects."""
    post("reset", "")
    check_signatures(1000)
    sqs, events = aws("sqs"), aws("events")
    queue = sqs.create_queue(QueueName="received")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="rule", EventPattern=json.dumps(pattern), State="ENABLED")
    events.put_targets(Rule="rule", Targets=[{"Id": "queue", "Arn": arn}])
    return queue


def messages(queue):
    """Receives all messages of a queue, and sorts them by the ID of the finding."""
    found = []
    while batch := aws("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in batch:
            found.append(json.loads(message["Body"]))
            aws("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return sorted(found, key=lambda event: event["detail"]["findings"][0]["Id"])


class Sinks(unittest.TestCase):
    def setUp(self):
        self.endpoint = os.environ["EMULATOR"]
        control(self.endpoint, "POST", "reset")
        self.hub = boto3.client(
            "securityhub", region_name="us-east-1", endpoint_url=self.endpoint, aws_access_key_id=ACCOUNT, aws_secret_access_key="x"
        )
        self.hub.enable_security_hub()

    def import_findings(self, *names):
        imported = self.hub.batch_import_findings(Findings=[finding(name) for name in names])
        self.assertEqual(imported["SuccessCount"], len(names), imported)

    # Rules: FWD-01, FWD-02, FWD-05, CPL-85.
    def test_a_rule_of_event_bridge_receives_exactly_the_events_of_the_emulator(self):
        guide = pathlib.Path(os.environ["REPOSITORY"], "docs/guides/event-sinks.md").read_text()
        command = re.search(r"<!-- tested: client-tests/programs/moto/cases.py -->\n```bash\n(.*?)```", guide, re.S).group(1)
        # moto does not match patterns with elements of lists.
        queue = queue_of_rule({"source": ["aws.securityhub"], "detail-type": ["Security Hub Findings - Imported"]})
        command = command.replace("http://127.0.0.1:5000", MOTO)
        variables = os.environ | {"SECURITYHUB_LOCAL_URL": self.endpoint}
        subprocess.run(["bash", "-euc", command], env=variables, check=True)
        self.import_findings("a", "b", "c")
        state = control(self.endpoint, "GET", "sinks/bus?wait=30s")["State"]
        self.assertEqual((state["Delivered"], state["Failed"], state["LastError"]), (3, 0, None), state)
        received = messages(queue)
        ours = control(self.endpoint, "GET", "events")["Events"]
        self.assertEqual(len(received), 3, received)
        # The receiver sets the other members.
        for name in ("source", "detail-type", "resources", "time", "region", "detail"):
            self.assertEqual([event[name] for event in received], [event[name] for event in ours], name)

    # Rules: CPL-83, CPL-86.
    def test_a_webhook_that_fails_twice_gets_each_event_once(self):
        statuses, accepted = [503, 500], []

        class Hook(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                event = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = statuses.pop(0) if statuses else 200
                if status == 200:
                    accepted.append((self.headers["x-emulator-event"], event["detail"]["findings"][0]["Id"]))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            hook = {"Type": "webhook", "Url": f"http://127.0.0.1:{server.server_port}/hook"}
            control(self.endpoint, "PUT", "sinks/hook", hook)
            self.import_findings("a", "b", "c")
            state = control(self.endpoint, "GET", "sinks/hook?wait=30s")["State"]
            server.shutdown()
        self.assertEqual((state["Delivered"], state["Failed"], state["Retries"]), (3, 0, 2), state)
        self.assertEqual([name for _, name in accepted], ["a", "b", "c"])
        numbers = [int(number) for number, _ in accepted]
        self.assertEqual(numbers, list(range(numbers[0], numbers[0] + 3)))

    # Rules: CPL-80, CPL-81.
    def test_a_stream_and_a_wait_get_events_as_they_occur(self):
        stream = urllib.request.urlopen(f"{self.endpoint}/_emulator/stream?kinds=events", timeout=30)
        waited = []
        path = "events?wait=30s&count=2"
        waiting = threading.Thread(target=lambda: waited.append(control(self.endpoint, "GET", path)))
        waiting.start()
        self.import_findings("a", "b")
        waiting.join(10)
        lines = [stream.readline().decode().strip() for _ in range(8)]
        stream.close()
        data = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
        self.assertEqual(data, waited[0]["Events"])
        self.assertEqual([line for line in lines if line.startswith("event: ")], ["event: event"] * 2)


if __name__ == "__main__":
    unittest.main()
