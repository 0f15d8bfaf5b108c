"""boto3 against securityhub-local with faults; the first case that fails ends the run.

The environment names the endpoint (AWS_ENDPOINT_URL). Each case replaces the faults.
"""

import contextlib
import json
import os
import urllib.request

import boto3
import botocore.config
from boto3_cases import client, finding
from cases import refused, run


@contextlib.contextmanager
def faults(*rules):
    """Sets faults, and deletes them at the end. Yields a function that lists how often each fault has fired."""
    url = f"{os.environ['AWS_ENDPOINT_URL']}/_emulator/faults"

    def call(method, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(url, data, method=method)) as answer:
            return json.load(answer)

    call("PUT", {"Faults": list(rules)})
    try:
        yield lambda: [fault["Fired"] for fault in call("GET")["Faults"]]
    finally:
        call("DELETE")


def patient(**settings):
    """A client that retries up to four times."""
    retries = {"mode": "standard", "max_attempts": 5}
    keys = {"aws_access_key_id": "111111111111", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    return boto3.client("securityhub", config=botocore.config.Config(retries=retries, **settings), **keys)


# Rules: CPL-34, CPL-35.
def a_client_retries_through_throttling_and_internal_errors():
    for error in ({"Code": "Throttle"}, {"Code": "Internal"}, {"Status": 503}):
        with faults({"Operation": "GetFindings", "Error": error, "Times": 2}) as fired:
            answer = patient().get_findings(MaxResults=1)
            assert answer["ResponseMetadata"]["RetryAttempts"] == 2, (error, answer["ResponseMetadata"])
            assert fired() == [2], error


# Rules: CPL-35.
def an_error_has_the_class_of_the_service_model():
    with faults({"Error": {"Code": "LimitExceededException", "Message": "no"}}, {"Error": {"Status": 500}}):
        hub = client()
        try:
            hub.get_insights()
        except hub.exceptions.LimitExceededException as error:
            assert error.response["Error"]["Message"] == "no"
            assert error.response["ResponseMetadata"]["HTTPHeaders"]["x-emulator-fault"] == "f-1"
            return
        raise AssertionError("the fault did not fire")


# Rules: CPL-31, CPL-35.
def faults_of_sts_have_the_form_of_sts():
    with faults({"Service": "sts", "Error": {"Code": "Denied"}}):
        message, status = refused("AccessDenied", client("sts").get_caller_identity)
        assert (message, status) == ("Injected by fault f-1", 403), (message, status)
        assert client().describe_hub()


# Rules: CPL-38.
def a_client_sees_which_findings_of_a_batch_failed():
    hub = client()
    with faults({"Operation": "BatchImportFindings", "Partial": {"Ids": ["fault/2", "fault/4"], "Code": "Odd"}}):
        answer = hub.batch_import_findings(Findings=[finding(f"fault/{number}") for number in range(5)])
        assert (answer["SuccessCount"], answer["FailedCount"]) == (3, 2), answer
        assert [failed["Id"] for failed in answer["FailedFindings"]] == ["fault/2", "fault/4"]
        assert {failed["ErrorCode"] for failed in answer["FailedFindings"]} == {"Odd"}


# Rules: CPL-37.
def a_client_retries_when_connections_break():
    for wire in ("reset", "empty", "garbage"):
        with faults({"Operation": "GetFindings", "Wire": wire, "Times": 1}) as fired:
            answer = patient().get_findings(MaxResults=1)
            assert answer["ResponseMetadata"]["RetryAttempts"] == 1, (wire, answer["ResponseMetadata"])
            assert fired() == [1], wire


# Rules: CPL-37.
def a_response_that_is_cut_off_has_no_members():
    # botocore neither compares the length of a body with its header nor reports JSON that ends early.
    with faults({"Operation": "GetFindings", "Wire": "truncate", "Times": 1}) as fired:
        answer = patient().get_findings(MaxResults=1)
        length = int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"])
        assert "Findings" not in answer and length > 1000, answer
        assert fired() == [1]


# Rules: CPL-37.
def a_slow_response_arrives_completely():
    with faults({"Operation": "GetFindings", "Wire": "dribble", "WireOver": "500ms", "Times": 1}):
        assert len(patient().get_findings(MaxResults=1)["Findings"]) == 1


# Rules: CPL-36.
def a_slow_response_exceeds_the_timeout_of_the_client():
    with faults({"Operation": "GetFindings", "Latency": {"Fixed": "3s"}, "Times": 1}) as fired:
        answer = patient(read_timeout=1).get_findings(MaxResults=1)
        assert answer["ResponseMetadata"]["RetryAttempts"] == 1
        assert fired() == [1]


if __name__ == "__main__":
    run(globals())
