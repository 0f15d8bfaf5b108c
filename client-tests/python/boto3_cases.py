"""boto3 against securityhub-local with the quickstart; the first case that fails ends the run.

The environment names the endpoint (AWS_ENDPOINT_URL) and the security account's key.
"""

import sys
import time
import urllib.request

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions

ADMINISTRATOR, MEMBER, STRANGER = "111111111111", "222222222222", "444444444444"
REGION = "us-east-1"


def client(service="securityhub", account=ADMINISTRATOR, region=REGION, **keys):
    keys = keys or {"aws_access_key_id": account, "aws_secret_access_key": "x"}
    return boto3.client(service, region_name=region, **keys)


def refused(code, call, **arguments):
    """Calls, expects this error and gives its message and status."""
    try:
        answer = call(**arguments)
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"expected {code}, got {answer}")


def finding(finding_id, account=ADMINISTRATOR, **members):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": finding_id,
        "ProductArn": f"arn:aws:securityhub:{REGION}:{account}:product/{account}/default",
        "GeneratorId": "scanner",
        "AwsAccountId": account,
        "Types": ["Software and Configuration Checks/Vulnerabilities"],
        "CreatedAt": "2026-01-10T08:00:00Z",
        "UpdatedAt": "2026-01-10T08:00:00Z",
        "Severity": {"Label": "HIGH"},
        "Title": "Port 22 is open",
        "Description": "Found by a scan.",
        "Resources": [{"Type": "Other", "Id": "host-1"}],
        **members,
    }


def equals(value):
    return [{"Value": value, "Comparison": "EQUALS"}]


def cln_03_a_hub_that_is_off_is_told_as_clients_match_it():
    hub = client(account=STRANGER)
    message, status = refused("InvalidAccessException", hub.describe_hub)
    assert status == 401 and message == f"Account {STRANGER} is not subscribed to AWS Security Hub", message
    assert hub.exceptions.InvalidAccessException


def hub_01_hub_06_oth_02_the_life_of_a_hub():
    hub = client(account=STRANGER)
    assert hub.enable_security_hub(EnableDefaultStandards=False, Tags={"team": "blue"})
    refused("ResourceConflictException", hub.enable_security_hub)
    described = hub.describe_hub()
    assert described["HubArn"] == f"arn:aws:securityhub:{REGION}:{STRANGER}:hub/default"
    assert described["SubscribedAt"].endswith("Z") and described["AutoEnableControls"] is True
    hub.update_security_hub_configuration(AutoEnableControls=False)
    assert hub.describe_hub()["AutoEnableControls"] is False


def cln_01_tag_01_tags_of_an_arn_in_the_path():
    hub = client(account=STRANGER)
    arn = hub.describe_hub()["HubArn"]
    hub.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    hub.untag_resource(ResourceArn=arn, TagKeys=["a", "team"])
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}


def cln_02_hub_14_disabling_needs_no_body_and_twice_is_not_found():
    hub = client(account=STRANGER)
    hub.disable_security_hub()
    refused("ResourceNotFoundException", hub.disable_security_hub)


def hub_11_hub_13_administrators_and_members_stay():
    message, _ = refused("InvalidInputException", client().disable_security_hub)
    assert message == "Cannot disable Security Hub on the Security Hub administrator", message
    refused("InvalidInputException", client(account=MEMBER).disable_security_hub)


def vis_01_an_administrator_sees_its_members():
    seen = {found["AwsAccountId"] for page in pages() for found in page["Findings"]}
    assert seen == {ADMINISTRATOR, MEMBER, "333333333333"}, seen
    own = {found["AwsAccountId"] for page in pages(account=MEMBER) for found in page["Findings"]}
    assert own == {MEMBER}, own


def pages(account=ADMINISTRATOR, **arguments):
    return client(account=account).get_paginator("get_findings").paginate(**arguments)


def cln_06_flt_03_a_paginator_ends():
    filters = {"ProductName": equals("GuardDuty") + equals("Inspector"), "RecordState": equals("ACTIVE")}
    found = [item for page in pages(Filters=filters, PaginationConfig={"PageSize": 5}) for item in page["Findings"]]
    assert len(found) > 5 and {item["ProductName"] for item in found} == {"GuardDuty", "Inspector"}
    assert len({item["Id"] for item in found}) == len(found)


def cln_07_numbers_come_back_as_they_were():
    hub = client()
    details = {"Vulnerabilities": [{"Id": "CVE-2025-1", "Cvss": [{"BaseScore": 7.5}, {"BaseScore": 8}]}]}
    assert hub.batch_import_findings(Findings=[finding("numbers", **details)])["SuccessCount"] == 1
    stored = hub.get_findings(Filters={"Id": equals("numbers")})["Findings"][0]
    assert stored["Vulnerabilities"] == details["Vulnerabilities"], stored


def cln_05_imp_30_lists_that_clients_index_are_there():
    answer = client().batch_import_findings(Findings=[finding("lists")])
    assert answer["FailedFindings"] == [] and answer["FailedCount"] == 0


def imp_32_a_finding_that_is_wrong_is_told_in_awss_words():
    answer = client().batch_import_findings(Findings=[finding("wrong", Types=["a/b/c/d"]), finding("right")])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    message = 'Finding does not adhere to Amazon Finding Format. data.Types[0] should match pattern "^([^/]+)(/[^/]+){0,2}$".'
    assert answer["FailedFindings"] == [{"Id": "wrong", "ErrorCode": "InvalidInput", "ErrorMessage": message}]


def imp_04_imp_11_findings_of_others_are_denied():
    message, status = refused("AccessDeniedException", client().batch_import_findings, Findings=[finding("x", MEMBER)])
    assert status == 403 and "is not authorized to perform: securityhub:BatchImportFindings on resource: arn:" in message
    product = f"arn:aws:securityhub:{REGION}::product/aws/guardduty"
    refused("AccessDeniedException", client().batch_import_findings, Findings=[finding("x", ProductArn=product)])


def prw_05_imp_45_a_finding_that_was_read_is_archived_by_importing_it_again():
    hub = client()
    hub.batch_import_findings(Findings=[finding("archive")])
    [read] = hub.get_findings(Filters={"Id": equals("archive")})["Findings"]
    read.update(RecordState="ARCHIVED", UpdatedAt="2026-01-11T08:00:00Z")
    assert hub.batch_import_findings(Findings=[read])["SuccessCount"] == 1
    [read] = hub.get_findings(Filters={"Id": equals("archive")})["Findings"]
    assert read["RecordState"] == "ARCHIVED"


def c7n_02_timestamps_with_microseconds_and_an_offset():
    odd = {"CreatedAt": "2026-03-04T05:06:07.123456+00:00", "UpdatedAt": "2026-03-04T05:06:07.123456+00:00"}
    severity = {"Product": 0, "Normalized": 70, "Label": "INFORMATIONAL"}
    hub = client()
    assert hub.batch_import_findings(Findings=[finding("c7n", Severity=severity, **odd)])["FailedFindings"] == []
    [read] = hub.get_findings(Filters={"Id": equals("c7n")})["Findings"]
    assert read["CreatedAt"] == odd["CreatedAt"] and read["Severity"] == severity, read


def flt_13_filters_that_aws_refuses_are_refused():
    contains = {"Title": [{"Value": "x", "Comparison": "CONTAINS"}]}
    message, status = refused("InvalidInputException", client().get_findings, Filters=contains)
    assert status == 400 and message.startswith("Invalid Filters in the input: data.Title[0].Comparison"), message


def err_06_tf_07_an_operation_that_is_not_built_fails_at_once():
    start = time.monotonic()
    message, status = refused("UnknownOperationException", client().get_insights)
    assert status == 404 and "GetInsights" in message and time.monotonic() - start < 1


def err_07_a_presigned_url_is_a_request():
    credentials = botocore.credentials.Credentials(ADMINISTRATOR, "x")
    url = client().meta.endpoint_url + "/accounts"
    request = botocore.awsrequest.AWSRequest(method="GET", url=url)
    botocore.auth.SigV4QueryAuth(credentials, "securityhub", REGION).add_auth(request)
    with urllib.request.urlopen(request.url) as answer:
        assert b"hub/default" in answer.read()


def nb_20_nb_21_tf_01_a_session_of_a_role_is_its_account():
    sts = client("sts")
    identity = sts.get_caller_identity()
    assert identity["Account"] == ADMINISTRATOR and identity["Arn"] == f"arn:aws:iam::{ADMINISTRATOR}:user/local"
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/Auditor", RoleSessionName="session1")
    keys = role["Credentials"]
    session = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    assert client("sts", **session).get_caller_identity()["Arn"] == f"arn:aws:sts::{MEMBER}:assumed-role/Auditor/session1"
    assert client(**session).describe_hub()["HubArn"].split(":")[4] == MEMBER


def nb_23_nb_24_nb_25_nb_26_nb_27_neighbours_answer():
    regions = [region["RegionName"] for region in client("ec2").describe_regions()["Regions"]]
    assert regions == ["us-east-1", "eu-west-1"], regions
    assert client("iam").get_user()["User"]["UserName"] == "local"
    assert client("iam").list_account_aliases()["AccountAliases"] == [f"local-{ADMINISTRATOR}"]
    assert client("s3").list_buckets()["Buckets"] == []
    organization = client("organizations").describe_organization()["Organization"]
    assert organization["MasterAccountId"] == "999999999999"
    accounts = client("organizations", account="999999999999").get_paginator("list_accounts").paginate().build_full_result()
    assert len(accounts["Accounts"]) == 4, accounts
    refused("UnknownOperationException", client("ec2").describe_instances)


def main():
    cases = [(name, case) for name, case in globals().items() if callable(case) and "_" in name and name[:3] in PREFIXES]
    for name, case in cases:
        try:
            case()
        except Exception as error:  # noqa: BLE001: whatever it is, it is told with its case
            sys.exit(f"{name}: {type(error).__name__}: {error}")
        print(name)
    print(f"{len(cases)} passed, 0 failed")


PREFIXES = {"acc", "c7n", "cln", "err", "flt", "hub", "imp", "nb_", "oth", "prw", "tag", "vis"}

if __name__ == "__main__":
    main()
