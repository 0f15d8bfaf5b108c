"""Each method of an emulator has its effect, which is read back by the API."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from conftest import ADMINISTRATOR, HUB_ARN, equals, finding

from securityhub_local import ControlError, Emulator, connect, start


def ids_of(hub: Emulator, account: str = ADMINISTRATOR, **filters: str) -> list[str]:
    """The IDs of the findings that an account sees under filters."""
    terms = {name: equals(value) for name, value in filters.items()}
    return [found["Id"] for found in hub.client(account=account).get_findings(Filters=terms)["Findings"]]


# Rules: DST-24.
def test_it_describes_itself(hub: Emulator) -> None:
    assert hub.endpoint == f"http://127.0.0.1:{hub.port}"
    assert isinstance(hub.pid, int)
    assert hub.version == hub.call("GET", "health")["version"]
    other = connect(hub.endpoint + "/")
    assert (other.endpoint, other.port, other.pid, other.version) == (hub.endpoint, hub.port, None, hub.version)
    other.stop()
    assert hub.call("GET", "ready") == {"Ready": True}, "stop only stops what start has started"
    with pytest.raises(ValueError, match="is not an endpoint"):
        connect("127.0.0.1:4600")


# Rules: DST-24.
def test_a_client_calls_as_an_account_in_a_region(hub: Emulator) -> None:
    assert hub.client().describe_hub()["HubArn"] == HUB_ARN
    arn = hub.client(account="222222222222", region="eu-west-1").describe_hub()["HubArn"]
    assert arn == "arn:aws:securityhub:eu-west-1:222222222222:hub/default"
    assert hub.client("sts").get_caller_identity()["Account"] == ADMINISTRATOR
    with pytest.raises(ValueError, match="'33' is not a valid account ID"):
        hub.client(account="33")


# Rules: DST-24.
def test_clients_are_kept_unless_there_are_further_arguments(hub: Emulator) -> None:
    from botocore.config import Config

    assert hub.client() is hub.client(account=ADMINISTRATOR, region="us-east-1")
    assert hub.client() is not hub.client(account="222222222222")
    own = hub.client(config=Config(retries={"total_max_attempts": 7}))
    assert own is not hub.client()
    assert own.meta.config.retries["total_max_attempts"] == 7
    assert own.describe_hub()["HubArn"] == HUB_ARN


# Rules: DST-24.
def test_a_reset_returns_to_the_start(hub: Emulator) -> None:
    before = hub.call("GET", "health")
    hub.import_findings([finding("scan/1")])
    hub.faults.add({"Operation": "DescribeHub", "Error": {"Code": "Internal"}})
    hub.clock.advance("P1D")
    assert hub.events()
    hub.reset()
    assert hub.call("GET", "health") == before
    assert (hub.events(), hub.requests(), hub.faults.list(), ids_of(hub, Id="scan/1")) == ([], [], [], [])
    hub.reset(to="empty")
    assert hub.call("GET", "health")["hubs"] == 0


# Rules: DST-24.
def test_events_are_read_by_their_members(hub: Emulator) -> None:
    hub.import_findings([finding("scan/1"), finding("scan/2", Severity={"Label": "LOW"})])
    kind = "Security Hub Findings - Imported"
    assert {event["detail-type"] for event in hub.events()} == {kind}
    assert hub.events(account=hub.account("222222222222")) == []
    low = hub.events(detail_type=kind, pattern={"detail": {"findings": {"Severity": {"Label": ["LOW"]}}}})
    assert [event["detail"]["findings"][0]["Id"] for event in low] == ["scan/2"]
    assert len(hub.events(limit=1)) == 1


# Rules: DST-24.
def test_long_lists_are_read_completely(hub: Emulator) -> None:
    for number in range(11):
        hub.import_findings([finding(f"scan/{number}/{item}") for item in range(100)])
    assert len(hub.events()) == 1100
    client = hub.client()
    for _ in range(1001):
        client.describe_hub()
    assert len(hub.requests()) == 1001
    absent: dict[str, Any]
    for absent in ({"limit": None}, {"wait": None}, {"count": None}, {"newest": None}, {"newest": False}):
        assert len(hub.requests(**absent)) == 1001, absent
    for absent in ({"limit": None}, {"wait": None}, {"count": None}):
        assert len(hub.events(**absent)) == 1100, absent
    one_page: dict[str, Any]
    for one_page in ({"newest": True}, {"count": 1, "wait": 1}, {"wait": 1}):
        assert len(hub.requests(**one_page)) == 100, one_page
    # A number of calls only matters to a call that waits for them.
    assert len(hub.requests(count=1)) == 1001
    assert len(hub.requests(limit=1)) == 1


# Rules: DST-24.
def test_events_are_waited_for(hub: Emulator) -> None:
    timer = threading.Timer(0.1, hub.import_findings, [[finding("scan/1")]])
    timer.start()
    begin = time.monotonic()
    assert len(hub.events(wait=10)) == 1
    assert time.monotonic() - begin < 5
    timer.join()
    assert hub.requests(operation="DescribeHub", wait=timedelta(milliseconds=1)) == []


# Rules: DST-24.
def test_recorded_calls_are_read_by_their_members(hub: Emulator) -> None:
    hub.client().get_findings(Filters={"SeverityLabel": equals("HIGH")})
    with pytest.raises(Exception, match="not subscribed"):
        hub.client(account="777777777777").describe_hub()
    assert [call["Operation"] for call in hub.requests()] == ["GetFindings", "DescribeHub"]
    [refused] = hub.requests(status="4xx")
    assert (refused["Account"], refused["ErrorCode"]) == ("777777777777", "InvalidAccessException")
    high = hub.requests(match={"Filters": {"SeverityLabel": [{"Value": "HIGH"}]}})
    assert [call["Operation"] for call in high] == ["GetFindings"]
    with pytest.raises(ControlError, match="did you mean 'GetFindings'"):
        hub.requests(operation="GetFinding")


# Rules: DST-24.
def test_verify_counts_calls_and_names_the_nearest(hub: Emulator) -> None:
    hub.client().get_findings(Filters={"SeverityLabel": equals("HIGH")})
    high = {"Filters": {"SeverityLabel": [{"Value": "HIGH"}]}}
    assert hub.verify("GetFindings") == 1
    assert hub.verify("GetFindings", high, min=1, max=1) == 1
    assert hub.verify("DescribeHub", max=0) == 0
    assert hub.verify("GetFindings", account=ADMINISTRATOR, region="us-east-1", status=200, wait=0) == 1
    with pytest.raises(AssertionError) as caught:
        hub.verify("GetFindings", {"Filters": {"SeverityLabel": [{"Value": "CRITICAL"}]}})
    assert str(caught.value).splitlines() == [
        "expected at least 1 call to GetFindings, found 0",
        f"  call {hub.requests()[0]['Number']}: GetFindings of {ADMINISTRATOR} in us-east-1, status 200",
        '    Input.Filters.SeverityLabel[0].Value: expected "CRITICAL", found "HIGH"',
    ]
    with pytest.raises(AssertionError, match="expected no call to GetFindings, found 1"):
        hub.verify("GetFindings", max=0)
    with pytest.raises(TypeError, match="no parameter 'acount'; expected one of account, "):
        hub.verify("GetFindings", acount=ADMINISTRATOR)
    with pytest.raises(ControlError, match="did you mean 'GetFindings'"):
        hub.verify("GetFinding")


# Rules: DST-24.
def test_the_clock_moves(hub: Emulator) -> None:
    start_time = datetime(2026, 1, 15, 9, tzinfo=timezone.utc)
    assert hub.clock.now() == start_time
    assert hub.clock.advance(timedelta(hours=1, milliseconds=5)) == start_time + timedelta(hours=1, milliseconds=5)
    assert hub.clock.advance("P3D") == hub.clock.now()
    later = start_time + timedelta(days=40)
    assert hub.clock.set(later) == later
    hub.import_findings([finding("scan/1")])
    [found] = hub.client().get_findings(Filters={"Id": equals("scan/1")})["Findings"]
    assert found["ProcessedAt"].startswith("2026-02-24")
    with pytest.raises(ControlError, match="the clock cannot go back") as caught:
        hub.clock.set("2026-01-15T09:00:00Z")
    assert caught.value.status == 400


# Rules: DST-24.
def test_faults_make_calls_fail(hub: Emulator) -> None:
    added = hub.faults.add({"Operation": "DescribeHub", "Error": {"Code": "Internal"}, "Times": 2})
    client = hub.client()
    assert client.describe_hub()["HubArn"] == HUB_ARN, "boto3 tries again"
    assert hub.verify("DescribeHub", min=3, max=3) == 3
    [fault] = hub.faults.list()
    assert (fault["Id"], fault["Fired"]) == (added["Id"], 2)
    hub.faults.clear()
    assert hub.faults.list() == []
    with pytest.raises(ControlError, match="Operation"):
        hub.faults.add({"Operation": "DescribeHubb", "Error": {"Code": "Internal"}})


# Rules: DST-24.
def test_snapshots_are_saved_compared_and_restored(hub: Emulator) -> None:
    hub.snapshots.save("before")
    hub.import_findings([finding("scan/1")])
    hub.snapshots.save("after")
    for difference in (hub.snapshots.diff("before"), hub.snapshots.diff("before", "after")):
        assert [added["Id"] for added in difference["Findings"]["Added"]] == ["scan/1"]
    hub.snapshots.restore("before")
    assert ids_of(hub, Id="scan/1") == []
    hub.snapshots.restore("after")
    assert ids_of(hub, Id="scan/1") == ["scan/1"]
    assert {"before", "after"} <= {snapshot["Name"] for snapshot in hub.snapshots.list()}
    for name in ("before", "after"):
        hub.snapshots.delete(name)
    assert not {"before", "after"} & {snapshot["Name"] for snapshot in hub.snapshots.list()}
    with pytest.raises(ControlError, match="no snapshot has the name 'a%20b'"):
        hub.snapshots.restore("a b")


# Rules: DST-24.
def test_findings_are_imported_for_any_product(hub: Emulator) -> None:
    product = "arn:aws:securityhub:us-east-1::product/aws/guardduty"
    assert hub.import_findings([finding("guardduty/1", ProductArn=product), finding("scan/1")]) == 2
    assert ids_of(hub, ProductArn=product, Id="guardduty/1") == ["guardduty/1"]
    with pytest.raises(ControlError, match=r"1 findings were refused:\n  scan/2: ") as caught:
        hub.import_findings([finding("scan/2", Title=""), finding("scan/3")])
    assert caught.value.body["SuccessCount"] == 1
    assert ids_of(hub, Id="scan/3") == ["scan/3"]


# Rules: DST-24.
def test_any_call_of_the_control_plane_can_be_made(hub: Emulator) -> None:
    rows = hub.call("GET", "members", administrator=ADMINISTRATOR)
    assert rows == hub.call("GET", f"/_emulator/members?administrator={ADMINISTRATOR}")
    assert hub.call("GET", "metrics").startswith("# HELP ")
    assert hub.call("POST", "clock", {"advance": "1s"})["frozen"] is True
    with pytest.raises(ControlError, match="nope") as caught:
        hub.call("GET", "nope")
    assert caught.value.status == 404


# Rules: DST-24.
def test_variables_connect_other_processes(hub: Emulator) -> None:
    variables = hub.env("222222222222", "eu-west-1")
    assert variables["AWS_ENDPOINT_URL_SECURITYHUB"] == hub.endpoint
    assert variables["AWS_ACCESS_KEY_ID"] == "222222222222"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert hub.env()["AWS_ACCESS_KEY_ID"] == ADMINISTRATOR


# Rules: DST-24.
def test_variables_replace_settings_that_exclude_the_endpoint(hub: Emulator) -> None:
    script = "import boto3; print(boto3.client('securityhub').describe_hub()['HubArn'])"
    for setting in ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"):
        variables = {**os.environ, setting: "true", **hub.env()}
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, env=variables)
        assert run.stdout.strip() == HUB_ARN, f"{setting}: {run.stderr}"


# Rules: DST-24.
def test_a_kept_connection_may_be_closed_by_the_server() -> None:
    with start(args=["--read-timeout", "1"]) as hub:
        assert hub.call("GET", "ready") == {"Ready": True}
        time.sleep(1.5)
        hub.reset()
        assert len(hub._control._idle) == 1


# Rules: DST-24.
def test_the_error_of_a_refused_call_can_be_pickled(hub: Emulator) -> None:
    with pytest.raises(ControlError) as caught:
        hub.requests(operation="GetFinding")
    error = caught.value
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.status, copy.message, copy.body) == (str(error), 400, error.message, error.body)
