"""The calls that shipped clients make to the V2 half, with boto3 and, for elastic, as plain requests.

Each case does what a client does and reads what that client reads. Sources: elastic/integrations (aws_securityhub),
demisto/content (AWS_SecurityHub_V2), aws-solutions/automated-security-response-on-aws, hashicorp/terraform-provider-aws,
awslabs/sra-verify and aws/agent-toolkit-for-aws. The clock stands at 2026-01-15T09:00:00Z.
"""

import collections
import json
import os
import re
import urllib.error
import urllib.request
import uuid

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
from cases import refused, run

ADMINISTRATOR, UNSUBSCRIBED = "111111111111", "444444444444"
REGION, LINKED = "us-east-1", "eu-west-1"
ENDPOINT = os.environ["AWS_ENDPOINT_URL"]


def hub_of(account=ADMINISTRATOR, region=REGION):
    return boto3.client("securityhub", region_name=region, aws_access_key_id=account, aws_secret_access_key="x")


def equals(name, value, comparison="EQUALS"):
    return {"FieldName": name, "Filter": {"Value": value, "Comparison": comparison}}


def every(filters):
    findings, token = [], None
    while True:
        answer = hub_of().get_findings_v2(Filters=filters, MaxResults=100, **({"NextToken": token} if token else {}))
        findings += answer["Findings"]
        token = answer.get("NextToken")
        if not token:
            return findings


def control_findings(status):
    product = equals("metadata.product.uid", f"arn:aws:securityhub:{REGION}::productv2/aws/securityhub")
    composite = {"StringFilters": [product, equals("compliance.status", status)]}
    return every({"CompositeFilters": [composite]})


def post(path, body):
    """A signed request without an SDK; returns status and JSON."""
    headers = {"Content-Type": "application/json"}
    request = botocore.awsrequest.AWSRequest("POST", ENDPOINT + path, headers, json.dumps(body))
    keys = botocore.credentials.Credentials(ADMINISTRATOR, "x")
    botocore.auth.SigV4Auth(keys, "securityhub", REGION).add_auth(request)
    sent = urllib.request.Request(request.url, request.body, dict(request.headers), method="POST")
    try:
        with urllib.request.urlopen(sent) as answer:
            assert answer.headers["Content-Type"].startswith("application/json"), answer.headers
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


# Rules: OCL-01, GFV-09, GFV-14, GFV-15.
def elastic_reads_a_window_of_time_to_its_last_page():
    field = "finding_info.modified_time_dt"
    window = {"FieldName": field, "Filter": {"Start": "2025-12-01T00:00:00Z", "End": "2026-01-15T09:00:00Z"}}
    body = {
        "Filters": {"CompositeFilters": [{"DateFilters": [window]}]},
        "MaxResults": 50,
        "SortCriteria": [{"Field": field, "SortOrder": "asc"}],
    }
    findings, pages = [], 0
    while True:
        status, answer = post("/findingsv2", body)
        assert status == 200, answer
        findings += answer["Findings"]
        pages += 1
        if not answer.get("NextToken"):
            break
        body["NextToken"] = answer["NextToken"]
    times = [finding["finding_info"]["modified_time"] for finding in findings]
    assert pages > 3 and times == sorted(times), (pages, len(times))
    uids = {finding["metadata"]["uid"] for finding in findings}
    assert len(uids) == len(findings) == len(every({})), "each finding once, and all of them"
    body["SortCriteria"] = []
    assert post("/findingsv2", body)[0] == 400, "a token of another query is refused"


# Rules: OCL-02, O2G-05, GFV-08, BUV-03.
def demisto_tests_the_integration_searches_and_mirrors():
    assert "HubV2Arn" in hub_of().describe_security_hub_v2()
    message, status = refused("ResourceNotFoundException", hub_of(UNSUBSCRIBED).describe_security_hub_v2)
    assert status == 404 and "not subscribed" in message, message
    composite = {
        "StringFilters": [equals("severity", "Unknown", "NOT_EQUALS"), equals("cloud.provider", "AWS")],
        "DateFilters": [{"FieldName": "finding_info.created_time_dt", "Filter": {"DateRange": {"Value": 365, "Unit": "DAYS"}}}],
        "NumberFilters": [{"FieldName": "severity_id", "Filter": {"Gte": 1}}],
        "Operator": "AND",
    }
    found = every({"CompositeFilters": [composite], "CompositeOperator": "AND"})
    assert found
    composite |= {
        "BooleanFilters": [{"FieldName": "vulnerabilities.is_fix_available", "Filter": {"Value": True}}],
        "MapFilters": [{"FieldName": "resources.tags", "Filter": {"Key": "no", "Value": "such", "Comparison": "EQUALS"}}],
        "IpFilters": [{"FieldName": "evidences.src_endpoint.ip", "Filter": {"Cidr": "10.0.0.1"}}],
    }
    assert every({"CompositeFilters": [composite], "CompositeOperator": "AND"}) == []
    uid = found[0]["metadata"]["uid"]
    assert re.fullmatch("[0-9a-z]{64}", uid), uid
    [mirrored] = every({"CompositeFilters": [{"StringFilters": [equals("metadata.uid", uid)]}]})
    assert mirrored == found[0]
    answer = hub_of().batch_update_findings_v2(MetadataUids=[uid], StatusId=2, SeverityId=5, Comment="closed in XSOAR")
    assert answer["ProcessedFindings"] == [{"MetadataUid": uid}] and answer["UnprocessedFindings"] == []
    [mirrored] = every({"CompositeFilters": [{"StringFilters": [equals("metadata.uid", uid)]}]})
    assert (mirrored["status"], mirrored["severity"], mirrored["comment"]) == ("In Progress", "Critical", "closed in XSOAR")
    contains = {"CompositeFilters": [{"StringFilters": [equals("finding_info.title", "x", "CONTAINS")]}]}
    refused("ValidationException", hub_of().get_findings_v2, Filters=contains)
    refused("ValidationException", hub_of().batch_update_findings_v2, MetadataUids=["ABC"], StatusId=2)


# Rules: OCL-03, OCM-04, BUV-04.
def asr_updates_a_finding_through_both_halves():
    hub = hub_of()
    hub.describe_security_hub_v2()
    finding = control_findings("Fail")[0]
    uid, product = finding["finding_info"]["uid"], finding["metadata"]["product"]["uid"]
    assert ":productv2/" in product, product
    note = "Remediation started. " * 30
    identifier = {"CloudAccountUid": ADMINISTRATOR, "FindingInfoUid": uid, "MetadataProductUid": product}
    update = {"Comment": note[:512], "StatusId": 4}
    answer = hub.batch_update_findings_v2(FindingIdentifiers=[identifier], **update)
    assert answer == answer | {"ProcessedFindings": [{"FindingIdentifier": identifier}], "UnprocessedFindings": []}, answer
    refused("ValidationException", hub.batch_update_findings_v2, FindingIdentifiers=[identifier], Comment=note[:513])
    classic = {"Id": uid, "ProductArn": product.replace(":productv2/", ":product/")}
    note = {"Text": note[:512], "UpdatedBy": "ASR"}
    answer = hub.batch_update_findings(FindingIdentifiers=[classic], Note=note, Workflow={"Status": "RESOLVED"})
    assert answer["ProcessedFindings"] == [classic], answer
    other = identifier | {"MetadataProductUid": classic["ProductArn"]}
    [failed] = hub.batch_update_findings_v2(FindingIdentifiers=[other], **update)["UnprocessedFindings"]
    assert failed["FindingIdentifier"] == other and failed["ErrorCode"] == "ResourceNotFoundException", failed
    assert failed["ErrorMessage"]
    [failed] = hub.batch_update_findings(FindingIdentifiers=[classic | {"ProductArn": product}], Note=note)["UnprocessedFindings"]
    assert failed["ErrorCode"] == "FindingNotFound", failed


# Rules: OCL-04, OCF-30, OCM-13.
def asr_accepts_every_control_finding():
    severities = {"Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal", "Other"}
    findings = control_findings("Pass") + control_findings("Fail")
    assert len(findings) > 100
    for finding in findings:
        assert finding["class_uid"] == 2003 and finding["activity_id"] in {0, 1, 2, 3, 99}, finding
        assert finding["compliance"]["control"] and finding["compliance"]["standards"], finding
        assert finding["severity"] in severities and isinstance(finding["time"], int), finding
        assert re.search(r"security-control/[^/]+/finding|subscription/.+/finding", finding["finding_info"]["uid"]), finding
        for resource in finding["resources"]:
            assert resource["owner"]["account"]["uid"] and resource["type"], resource
            assert resource.keys() & {"uid", "uid_alt", "name"}, resource


# Rules: OCL-05, HV2-04.
def terraform_manages_an_account_and_a_feature():
    hub = hub_of(UNSUBSCRIBED)
    arn = hub.enable_security_hub_v2(Tags={"team": "a"})["HubV2Arn"]
    assert hub.describe_security_hub_v2()["HubV2Arn"] == arn
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "a"}
    hub.tag_resource(ResourceArn=arn, Tags={"team": "b", "c": "d"})
    hub.untag_resource(ResourceArn=arn, TagKeys=["c"])
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "b"}
    for change, status in [
        (hub.enable_security_hub_feature_v2, "ENABLED"),
        (hub.disable_security_hub_feature_v2, "DISABLED"),
    ]:
        change(FeatureName="NETWORK_SCANNING")
        assert hub.describe_security_hub_v2()["Features"]["NETWORK_SCANNING"]["FeatureStatus"] == status
    hub.disable_security_hub_v2()
    refused("ResourceNotFoundException", hub.describe_security_hub_v2)
    refused("ResourceNotFoundException", hub.disable_security_hub_v2)


def is_gone(call, **arguments):
    """Returns whether the provider considers a resource deleted: a 404, or the 409 of a disabled hub."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        return code == "ResourceNotFoundException" or (
            code == "ConflictException" and "Security Hub V2 is not enabled" in message
        )
    return False


# Rules: OCL-06, O2G-05, O2G-08, ARV-13, CNV-08.
def terraform_manages_an_aggregator_a_rule_and_a_connector():
    hub = hub_of(UNSUBSCRIBED)
    hub.enable_security_hub_v2()
    token = str(uuid.uuid4())
    link = {"RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [LINKED], "ClientToken": token}
    aggregator = hub.create_aggregator_v2(**link)["AggregatorV2Arn"]
    assert hub.create_aggregator_v2(**link)["AggregatorV2Arn"] == aggregator, "a repeated call"
    read = hub.get_aggregator_v2(AggregatorV2Arn=aggregator)
    assert (read["AggregationRegion"], read["LinkedRegions"]) == (REGION, [LINKED])
    hub.update_aggregator_v2(AggregatorV2Arn=aggregator, RegionLinkingMode="SPECIFIED_REGIONS", LinkedRegions=[LINKED])

    criteria = {"OcsfFindingCriteria": {"CompositeFilters": [{"StringFilters": [equals("severity", "Low")]}]}}
    rule = {
        "RuleName": "low", "Description": "Suppress", "RuleOrder": 1.5, "RuleStatus": "ENABLED", "Criteria": criteria,
        "Actions": [{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"StatusId": 3}}],
    }
    arn = hub.create_automation_rule_v2(**rule, ClientToken=str(uuid.uuid4()))["RuleArn"]
    read = hub.get_automation_rule_v2(Identifier=arn)
    assert {name: read[name] for name in rule} == rule, read
    hub.update_automation_rule_v2(Identifier=arn, RuleStatus="DISABLED")
    assert hub.get_automation_rule_v2(Identifier=arn)["RuleStatus"] == "DISABLED"

    provider = {"JiraCloud": {"ProjectKey": "SEC"}}
    connector = hub.create_connector_v2(Name="jira", Provider=provider, ClientToken=str(uuid.uuid4()))
    identifier, status = connector["ConnectorId"], connector["ConnectorStatus"]
    assert status == "PENDING_AUTHORIZATION" and connector["AuthUrl"], connector
    read, again = [hub.get_connector_v2(ConnectorId=identifier) for _ in range(2)]
    assert read["Health"] == again["Health"] and read["ProviderDetail"]["JiraCloud"]["ProjectKey"] == "SEC", read
    hub.update_connector_v2(ConnectorId=identifier, Description="d")

    hub.delete_automation_rule_v2(Identifier=arn)
    assert is_gone(hub.get_automation_rule_v2, Identifier=arn)
    hub.delete_connector_v2(ConnectorId=identifier)
    assert is_gone(hub.get_connector_v2, ConnectorId=identifier)
    hub.disable_security_hub_v2()
    assert is_gone(hub.get_aggregator_v2, AggregatorV2Arn=aggregator), "the hub went first"
    hub.enable_security_hub_v2()
    hub.delete_aggregator_v2(AggregatorV2Arn=aggregator)
    assert is_gone(hub.get_aggregator_v2, AggregatorV2Arn=aggregator)
    hub.disable_security_hub_v2()


COVERAGE = {
    "activity_id": 1,
    "class_uid": 2003,
    "cloud": {"account": {"uid": ADMINISTRATOR}, "provider": "AWS", "region": REGION},
    "compliance": {"assessments": [{"category": "Coverage", "meets_criteria": False, "name": "GuardDuty Foundational Coverage"}],
                   "status": "Fail", "status_id": 3},
    "finding_info": {"created_time_dt": "2026-01-15T08:00:00.000Z", "modified_time_dt": "2026-01-15T08:00:00.000Z",
                     "title": "GuardDuty Foundational Coverage Finding", "types": ["Coverage"], "uid": "c" * 64},
    "metadata": {"product": {"feature": {"uid": "security-hub/Coverage"}, "name": "Security Hub Coverage",
                             "uid": f"arn:aws:securityhub:{REGION}::productv2/aws/securityhub-coverage", "vendor_name": "AWS"},
                 "profiles": ["cloud", "datetime"], "version": "1.6.0"},
    "resources": [{"type": "AWS::::Account", "uid": ADMINISTRATOR, "owner": {"account": {"uid": ADMINISTRATOR}}}],
    "severity": "Medium", "severity_id": 3, "status": "New", "status_id": 1,
}


# Rules: OCL-07, AGV-05, AGV-06.
def sra_verify_checks_hub_aggregator_and_coverage():
    body = json.dumps([COVERAGE]).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{ENDPOINT}/_emulator/findings", body, method="POST")) as answer:
        assert json.loads(answer.read())["SuccessCount"] == 1
    message, _ = refused("ResourceNotFoundException", hub_of(UNSUBSCRIBED).describe_security_hub_v2)
    assert "not subscribed to hubv2" in message.lower(), message
    hub_of().create_aggregator_v2(RegionLinkingMode="SPECIFIED_REGIONS", LinkedRegions=[LINKED])
    [listed] = hub_of(region=LINKED).list_aggregators_v2()["AggregatorsV2"]
    arn = listed["AggregatorV2Arn"]
    home = arn.split(":")[3]
    assert home == REGION and hub_of(region=home).get_aggregator_v2(AggregatorV2Arn=arn)["AggregationRegion"] == home
    message, _ = refused("ConflictException", hub_of(region=LINKED).get_aggregator_v2, AggregatorV2Arn=arn)
    assert "does not match the aggregation Region" in message, message
    filters = {"CompositeFilters": [{"StringFilters": [equals("metadata.product.name", "Security Hub Coverage")]}]}
    by_account = collections.defaultdict(list)
    for finding in every(filters):
        if finding["status"] not in {"Suppressed", "Resolved", "Archived"}:
            by_account[finding["cloud"]["account"]["uid"]].append(finding["finding_info"]["title"])
    assert by_account == {ADMINISTRATOR: ["GuardDuty Foundational Coverage Finding"]}, by_account


# Rules: OCL-08.
def the_agent_toolkit_of_aws_reviews_a_hub():
    hub = hub_of()
    hub.describe_security_hub_v2()
    assert hub.describe_products_v2()["ProductsV2"]
    for listed in hub.list_aggregators_v2()["AggregatorsV2"]:
        hub.get_aggregator_v2(AggregatorV2Arn=listed["AggregatorV2Arn"])
    assert hub.list_connectors_v2()["Connectors"] == []
    assert hub.list_automation_rules_v2()["Rules"] == []
    for field in ["severity", "class_name"]:
        [result] = hub.get_finding_statistics_v2(GroupByRules=[{"GroupByField": field}])["GroupByResults"]
        assert sum(value["Count"] for value in result["GroupByValues"]) == len(every({})), result
    trends = hub.get_findings_trends_v2(StartTime="2025-12-16T00:00:00Z", EndTime="2026-01-15T00:00:00Z")
    assert trends["Granularity"] == "Daily" and len(trends["TrendsMetrics"]) == 30, trends
    assert len(hub.get_findings_v2(MaxResults=100)["Findings"]) == 100
    assert hub.get_resources_v2()["Resources"]
    [result] = hub.get_resources_statistics_v2(GroupByRules=[{"GroupByField": "ResourceType"}])["GroupByResults"]
    assert result["GroupByValues"]
    hub.get_resources_trends_v2(StartTime="2025-12-16T00:00:00Z", EndTime="2026-01-15T00:00:00Z")


def main():
    run(globals())


if __name__ == "__main__":
    main()
