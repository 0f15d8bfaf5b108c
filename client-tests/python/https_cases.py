"""HTTPS and metrics, with boto3, curl, the TLS library of Python, and the parsers of the Prometheus client library.

The first argument is the HTTPS endpoint, AWS_CA_BUNDLE is the authority to trust, and AWS_ENDPOINT_URL is the HTTP
endpoint.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
import botocore.exceptions
from cases import refused, run
from prometheus_client import parser
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

HTTP, HTTPS, BUNDLE = os.environ["AWS_ENDPOINT_URL"], sys.argv[1], os.environ["AWS_CA_BUNDLE"]
PORT = urllib.parse.urlsplit(HTTPS).port


def get(path, **headers):
    with urllib.request.urlopen(urllib.request.Request(HTTP + path, headers=headers)) as response:
        return response.headers["content-type"], response.read().decode()


def metrics(path="/metrics"):
    return {family.name: family for family in parser.text_string_to_metric_families(get(path)[1])}


def value(family, sample, **labels):
    found = [it.value for it in metrics()[family].samples if it.name == sample and labels.items() <= it.labels.items()]
    return sum(found)


def boto3_calls_over_https():
    hub = boto3.client("securityhub", endpoint_url=HTTPS)
    assert hub.describe_hub()["HubArn"].endswith(":hub/default")
    assert boto3.client("sts", endpoint_url=HTTPS).get_caller_identity()["Account"] == "111111111111"
    assert boto3.client("securityhub", endpoint_url=HTTP).describe_hub()["HubArn"], "the same port, without TLS"


def boto3_refuses_an_authority_that_it_does_not_trust():
    # Without AWS_CA_BUNDLE it trusts the public authorities.
    hub = boto3.client("securityhub", endpoint_url=HTTPS, verify=True)
    try:
        hub.describe_hub()
    except botocore.exceptions.SSLError as error:
        assert "CERTIFICATE_VERIFY_FAILED" in str(error), error
    else:
        raise AssertionError("the certificate is trusted without its authority")


def tls_1_2_and_1_3_are_supported_with_both_versions_of_http():
    for version in [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]:
        for protocols, chosen in [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)]:
            context = ssl.create_default_context(cafile=BUNDLE)
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            context.minimum_version = context.maximum_version = version
            if protocols:
                context.set_alpn_protocols(protocols)
            with socket.create_connection(("127.0.0.1", PORT)) as plain:
                with context.wrap_socket(plain, server_hostname="localhost") as secured:
                    assert secured.selected_alpn_protocol() == chosen, (version, protocols)
    older = ssl.create_default_context(cafile=BUNDLE)
    older.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", PORT)) as plain:
        try:
            older.wrap_socket(plain, server_hostname="localhost")
        except ssl.SSLError:
            return
    raise AssertionError("TLS 1.1 is accepted")


def curl_uses_both_versions_of_http_over_tls():
    for version, flag in [("2", "--http2"), ("1.1", "--http1.1")]:
        command = ["curl", "-sS", flag, "--cacert", BUNDLE, "-w", "\n%{http_version}", f"{HTTPS}/_emulator/health"]
        body, spoken = subprocess.run(command, check=True, capture_output=True, text=True).stdout.rsplit("\n", 1)
        assert (json.loads(body)["status"], spoken) == ("ok", version), (body, spoken)


def control(method, path, **body):
    request = urllib.request.Request(HTTP + path, method=method, data=json.dumps(body).encode())
    urllib.request.urlopen(request).close()


def connection(seconds=3):
    """A TLS connection that has sent a call. Its reads have a time limit."""
    plain = socket.create_connection(("127.0.0.1", PORT), timeout=seconds)
    secured = ssl.create_default_context(cafile=BUNDLE).wrap_socket(plain, server_hostname="localhost")
    scope = "Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, SignedHeaders=host, Signature=00"
    secured.sendall(f"GET /accounts HTTP/1.1\r\nhost: localhost\r\nauthorization: AWS4-HMAC-SHA256 {scope}\r\n\r\n".encode())
    return secured


def below(secured):
    """The TCP connection below TLS. The library of Python reports a reset as the end of the connection."""
    plain = socket.socket(fileno=os.dup(secured.fileno()))
    plain.settimeout(secured.gettimeout())
    return plain


def received(secured):
    """The bytes that a connection receives, and the error that ends it; None if the server closes it."""
    text = b""
    try:
        while part := secured.recv(65536):
            text += part
    except OSError as error:
        return text, error
    return text, None


def connections_fail_over_tls_as_faults_require():
    for wire, expected, raw in [
        ("reset", type(None), ConnectionResetError),
        ("empty", type(None), type(None)),
        ("garbage", ssl.SSLError, type(None)),
        ("hang", TimeoutError, TimeoutError),
    ]:
        control("PUT", "/_emulator/faults", Faults=[{"Operation": "DescribeHub", "Wire": wire}])
        with connection() as secured:
            text, error = received(secured)
        assert text == b"" and isinstance(error, expected), (wire, text, error)
        with connection() as secured, below(secured) as plain:
            sent, error = received(plain)
        assert isinstance(error, raw) and b"HTTP" not in sent, (wire, sent, error)
    control("DELETE", "/_emulator/faults")
    with connection() as secured:
        whole = secured.recv(65536)
    assert whole.startswith(b"HTTP/1.1 200"), whole


def a_response_is_cut_or_slowed_down_over_tls():
    control("PUT", "/_emulator/faults", Faults=[{"Operation": "DescribeHub", "Wire": "truncate"}])
    with connection() as secured:
        text, error = received(secured)
    head, half = text.split(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length: "))
    length = int(length.removeprefix(b"content-length: "))
    assert head.startswith(b"HTTP/1.1 200") and len(half) == length // 2, text
    assert not isinstance(error, (ConnectionResetError, TimeoutError)), error
    control("PUT", "/_emulator/faults", Faults=[{"Operation": "DescribeHub", "Wire": "dribble", "WireOver": "1s"}])
    with connection() as secured:
        start, text, parts = time.monotonic(), b"", 0
        while len(text.partition(b"\r\n\r\n")[2]) < length:
            text += secured.recv(65536)
            parts += 1
    assert time.monotonic() - start > 0.9 and parts > 10, (parts, text)
    assert json.loads(text.partition(b"\r\n\r\n")[2])["HubArn"].endswith(":hub/default"), text
    control("DELETE", "/_emulator/faults")


def a_stream_of_http_2_fails_over_tls_and_its_connection_stays():
    scope = "Credential=111111111111/20260115/us-east-1/securityhub/aws4_request, SignedHeaders=host, Signature=00"
    for wire in ["reset", "empty", "garbage"]:
        fault = {"Operation": "DescribeHub", "Wire": wire, "Times": 1}
        control("PUT", "/_emulator/faults", Faults=[fault])
        command = ["curl", "-sS", "--http2", "--cacert", BUNDLE, "-H", f"authorization: AWS4-HMAC-SHA256 {scope}"]
        command += ["-o", os.devnull, "-w", "%{http_code} %{num_connects} "] * 2 + [f"{HTTPS}/accounts"] * 2
        ended = subprocess.run(command, check=False, capture_output=True, text=True)
        assert ended.stdout.split() == ["000", "1", "200", "0"], (wire, ended)
        assert "stream 1 was reset" in ended.stderr or "HTTP/2 stream" in ended.stderr, (wire, ended)
    control("DELETE", "/_emulator/faults")


def boto3_retries_a_reset_connection_over_https():
    control("PUT", "/_emulator/faults", Faults=[{"Operation": "DescribeHub", "Wire": "reset", "Times": 2}])
    hub = boto3.client("securityhub", endpoint_url=HTTPS)
    answer = hub.describe_hub()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2, answer
    control("DELETE", "/_emulator/faults")


def the_authority_can_be_downloaded():
    media_type, text = get("/_emulator/ca.pem")
    with open(BUNDLE, encoding="ascii") as file:
        assert (media_type, text) == ("application/x-pem-file", file.read())


def the_parsers_of_prometheus_read_both_formats():
    media_type, text = get("/metrics")
    assert media_type == "text/plain; version=0.0.4; charset=utf-8", media_type
    old = {family.name: family for family in parser.text_string_to_metric_families(text)}
    media_type, text = get("/_emulator/metrics", accept="application/openmetrics-text")
    assert media_type == "application/openmetrics-text; version=1.0.0; charset=utf-8", media_type
    new = {family.name: family for family in open_metrics(text)}
    assert text.endswith("# EOF\n")
    assert {name.removesuffix("_info") for name in old} == set(new), set(old) ^ set(new)
    for family in new.values():
        assert family.documentation and family.type != "unknown", family
        assert family.name.startswith(("securityhub_local_", "process_")), family
    samples = {name: {(it.name, tuple(sorted(it.labels.items()))) for it in family.samples} for name, family in new.items()}
    for name, family in old.items():
        missing = {(it.name, tuple(sorted(it.labels.items()))) for it in family.samples}
        assert missing <= samples[name.removesuffix("_info")], missing - samples[name]


def calls_are_counted_by_operation_status_and_error():
    calls = "securityhub_local_requests"
    hub = boto3.client("securityhub", endpoint_url=HTTP)
    before = value(calls, f"{calls}_total", operation="GetInsights", status="200")
    hub.get_insights()
    refused("ResourceNotFoundException", hub.get_insight_results, InsightArn="arn:aws:securityhub:::insight/securityhub/default/99")
    assert value(calls, f"{calls}_total", operation="GetInsights", status="200", error="") == before + 1
    error = {"operation": "GetInsightResults", "error": "ResourceNotFoundException", "status": "404"}
    assert value(calls, f"{calls}_total", **error) == 1
    assert value(calls, f"{calls}_total", service="sts", operation="GetCallerIdentity") == 1
    assert value(f"{calls[:-1]}_duration_seconds", f"{calls[:-1]}_duration_seconds_count", operation="GetInsights") == before + 1
    assert value(f"{calls}_in_flight", f"{calls}_in_flight") == 0


def calls_of_the_control_plane_are_counted_by_route():
    name = "securityhub_local_control_requests"
    request = urllib.request.Request(f"{HTTP}/_emulator/snapshots/a", method="PUT")
    urllib.request.urlopen(request).close()
    for path in ["/_emulator/snapshots/b", "/_emulator/nowhere"]:
        try:
            get(path)
        except urllib.error.HTTPError as error:
            assert error.code == 404
    route = "/_emulator/snapshots/{name}"
    assert value(name, f"{name}_total", route=route, method="PUT", status="201") == 1
    assert value(name, f"{name}_total", route=route, method="GET", status="404") == 1
    assert value(name, f"{name}_total", route="other", method="GET", status="404") == 1


def refused_requests_are_counted_by_reason():
    name = "securityhub_local_refused"
    for headers in [{"host": "evil.example"}, {"origin": "https://evil.example"}, {"origin": "null"}]:
        try:
            get("/accounts", **headers)
        except urllib.error.HTTPError as error:
            assert error.code == 403
    counts = [value(name, f"{name}_total", reason=reason) for reason in ["host", "origin", "body_memory"]]
    assert counts == [1, 2, 0], counts


def metrics_describe_the_world_and_the_process_and_a_reset_does_not_change_counters():
    health = json.loads(get("/_emulator/health")[1])
    own = "securityhub_local_"
    assert value(f"{own}findings", f"{own}findings") == health["findings"] > 0
    assert value(f"{own}hubs", f"{own}hubs") == health["hubs"] > 0
    accounts = value(f"{own}accounts", f"{own}accounts")
    assert accounts >= 3, accounts
    hub = boto3.client("securityhub", endpoint_url=HTTP)
    finding = hub.get_findings(MaxResults=1)["Findings"][0]
    identifier = {"Id": finding["Id"], "ProductArn": finding["ProductArn"]}
    hub.batch_update_findings(FindingIdentifiers=[identifier], Workflow={"Status": "NOTIFIED"})
    imported = {"detail_type": "Security Hub Findings - Imported"}
    sent = value(f"{own}events", f"{own}events_total", **imported)
    assert sent > 0
    calls = value(f"{own}requests", f"{own}requests_total")
    urllib.request.urlopen(urllib.request.Request(f"{HTTP}/_emulator/reset", method="POST")).close()
    assert value(f"{own}events", f"{own}events_total", **imported) == sent
    assert value(f"{own}requests", f"{own}requests_total") == calls
    assert value(f"{own}journal_bytes", f"{own}journal_bytes") == 0, "a reset deletes the recorded requests"
    hub.describe_hub()
    assert value(f"{own}journal_bytes", f"{own}journal_bytes") > 0
    assert value(f"{own}build_info", f"{own}build_info", version=health["version"]) == 1
    if sys.platform == "linux":
        assert 1e6 < value("process_resident_memory_bytes", "process_resident_memory_bytes") < 1e11
        assert value("process_start_time_seconds", "process_start_time_seconds") > 1.7e9
        assert value("process_cpu_seconds", "process_cpu_seconds_total") > 0
        assert value("process_open_fds", "process_open_fds") > 3


if __name__ == "__main__":
    run(globals())
