"""boto3 against securityhub-local with the quickstart; the first case that fails ends the run.

The environment names the endpoint (AWS_ENDPOINT_URL) and the security account's key.
"""

import urllib.error
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import dateutil.parser
from cases import refused, run

ADMINISTRATOR, MEMBER, UNSUBSCRIBED = "111111111111", "222222222222", "444444444444"
REGION = "us-east-1"


def client(service="securityhub", account=ADMINISTRATOR, region=REGION, **keys):
    keys = {"aws_access_key_id": account, "aws_secret_access_key": "x", **keys}
    return boto3.client(service, region_name=region, **keys)


def finding(finding_id, account=ADMINISTRATOR, region=REGION, **members):
    return {
        "SchemaVersion": "2018-10-08",
        "Id": finding_id,
        "ProductArn": f"arn:aws:securityhub:{region}:{account}:product/{account}/default",
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


# Rules: CLN-03.
def a_disabled_hub_gets_the_error_that_clients_match():
    hub = client(account=UNSUBSCRIBED)
    message, status = refused("InvalidAccessException", hub.describe_hub)
    assert status == 401 and message == f"Account {UNSUBSCRIBED} is not subscribed to AWS Security Hub", message
    try:
        hub.get_findings()
    except hub.exceptions.InvalidAccessException:
        return
    raise AssertionError("the error has the class that botocore makes of the service model")


# Rules: CLN-04.
def an_error_has_its_code_in_body_and_header_and_an_id():
    try:
        client(account=UNSUBSCRIBED).describe_hub()
    except botocore.exceptions.ClientError as error:
        metadata = error.response["ResponseMetadata"]
    headers = metadata["HTTPHeaders"]
    assert headers["x-amzn-errortype"].split(":")[0] == "InvalidAccessException", headers
    assert metadata["RequestId"] == headers["x-amzn-requestid"], metadata
    url = client(account=UNSUBSCRIBED).generate_presigned_url("describe_hub")
    try:
        urllib.request.urlopen(url)
    except urllib.error.HTTPError as error:
        body = error.read().decode()
    assert '"Code":"InvalidAccessException"' in body and '"Message":"Account ' in body, body


# Rules: HUB-01, HUB-06, OTH-02.
def the_life_of_a_hub():
    hub = client(account=UNSUBSCRIBED)
    assert hub.enable_security_hub(EnableDefaultStandards=False, Tags={"team": "blue"})
    refused("ResourceConflictException", hub.enable_security_hub)
    described = hub.describe_hub()
    assert described["HubArn"] == f"arn:aws:securityhub:{REGION}:{UNSUBSCRIBED}:hub/default"
    assert dateutil.parser.parse(described["SubscribedAt"]).tzinfo, described
    assert described["AutoEnableControls"] is True
    hub.update_security_hub_configuration(AutoEnableControls=False)
    assert hub.describe_hub()["AutoEnableControls"] is False


# Rules: CLN-01, TAG-01.
def tags_are_changed_by_an_arn_in_the_path():
    hub = client(account=UNSUBSCRIBED)
    arn = hub.describe_hub()["HubArn"]
    hub.tag_resource(ResourceArn=arn, Tags={"a": "1", "b": "2"})
    hub.untag_resource(ResourceArn=arn, TagKeys=["a", "team"])
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}


# Rules: ACC-01, TF-06.
def a_finding_stays_in_its_account_and_region():
    places = [(UNSUBSCRIBED, REGION), (UNSUBSCRIBED, "eu-west-1"), ("555555555555", REGION)]
    hubs = [client(account=account, region=region) for account, region in places]
    hubs[1].enable_security_hub(EnableDefaultStandards=False)
    hubs[2].enable_security_hub(EnableDefaultStandards=False)
    for hub, (account, region) in zip(hubs, places):
        sent = finding("same", account, region, Title=f"{account} {region}")
        assert hub.batch_import_findings(Findings=[sent])["SuccessCount"] == 1
    for hub, (account, region) in zip(hubs, places):
        titles = [found["Title"] for found in hub.get_findings()["Findings"]]
        assert titles == [f"{account} {region}"], titles


# Rules: CLN-02, CLN-03, HUB-14, HUB-15.
def disabling_a_hub_does_not_affect_other_regions():
    hub = client(account=UNSUBSCRIBED)
    arn = hub.describe_hub()["HubArn"]
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"]
    hub.disable_security_hub()
    message, _ = refused("InvalidAccessException", hub.describe_hub)
    assert "is not subscribed to AWS Security Hub" in message, message
    refused("ResourceNotFoundException", hub.disable_security_hub)
    assert client(account=UNSUBSCRIBED, region="eu-west-1").describe_hub()["HubArn"].split(":")[3] == "eu-west-1"


# Rules: HUB-11, HUB-13.
def administrators_and_members_cannot_disable_their_hubs():
    message, _ = refused("InvalidInputException", client().disable_security_hub)
    assert message == "Cannot disable Security Hub on the Security Hub administrator", message
    refused("InvalidInputException", client(account=MEMBER).disable_security_hub)


# Rules: VIS-01.
def an_administrator_sees_its_members():
    seen = {found["AwsAccountId"] for page in pages() for found in page["Findings"]}
    assert seen == {ADMINISTRATOR, MEMBER, "333333333333"}, seen
    own = {found["AwsAccountId"] for page in pages(account=MEMBER) for found in page["Findings"]}
    assert own == {MEMBER}, own


def pages(account=ADMINISTRATOR, **arguments):
    return client(account=account).get_paginator("get_findings").paginate(**arguments)


# Rules: CLN-06, FLT-03.
def a_paginator_ends():
    filters = {"ProductName": equals("GuardDuty") + equals("Inspector"), "RecordState": equals("ACTIVE")}
    found = [item for page in pages(Filters=filters, PaginationConfig={"PageSize": 5}) for item in page["Findings"]]
    assert len(found) > 5 and {item["ProductName"] for item in found} == {"GuardDuty", "Inspector"}
    assert len({item["Id"] for item in found}) == len(found)


# Rules: CLN-06, SRT-12.
def tokens_differ_and_the_last_page_has_none():
    hub, tokens, arguments = client(), [], {}
    while True:
        page = hub.get_findings(MaxResults=7, **arguments)
        if "NextToken" not in page:
            break
        assert len(page["Findings"]) == 7 and page["NextToken"], page
        tokens.append(page["NextToken"])
        assert len(set(tokens)) == len(tokens), "clients stop when a token comes twice"
        arguments = {"NextToken": page["NextToken"]}
    assert len(tokens) > 3 and page["Findings"], tokens


# Rules: CLN-07.
def numbers_are_returned_unchanged():
    hub = client()
    details = {"Vulnerabilities": [{"Id": "CVE-2025-1", "Cvss": [{"BaseScore": 7.5}, {"BaseScore": 8}]}]}
    assert hub.batch_import_findings(Findings=[finding("numbers", **details)])["SuccessCount"] == 1
    stored = hub.get_findings(Filters={"Id": equals("numbers")})["Findings"][0]
    assert stored["Vulnerabilities"] == details["Vulnerabilities"], stored


# Rules: CLN-05, IMP-30.
def lists_that_clients_index_are_present():
    answer = client().batch_import_findings(Findings=[finding("lists")])
    assert answer["FailedFindings"] == [] and answer["FailedCount"] == 0


# Rules: IMP-32.
def an_invalid_finding_gets_the_message_of_aws():
    answer = client().batch_import_findings(Findings=[finding("wrong", Types=["a/b/c/d"]), finding("right")])
    assert (answer["SuccessCount"], answer["FailedCount"]) == (1, 1)
    message = 'Finding does not adhere to Amazon Finding Format. data.Types[0] should match pattern "^([^/]+)(/[^/]+){0,2}$".'
    assert answer["FailedFindings"] == [{"Id": "wrong", "ErrorCode": "InvalidInput", "ErrorMessage": message}]


# Rules: IMP-04, IMP-11.
def findings_of_others_are_denied():
    message, status = refused("AccessDeniedException", client().batch_import_findings, Findings=[finding("x", MEMBER)])
    assert status == 403 and "is not authorized to perform: securityhub:BatchImportFindings on resource: arn:" in message
    product = f"arn:aws:securityhub:{REGION}::product/aws/guardduty"
    refused("AccessDeniedException", client().batch_import_findings, Findings=[finding("x", ProductArn=product)])


# Rules: PRW-05, IMP-45.
def a_finding_that_was_read_is_archived_by_importing_it_again():
    hub = client()
    hub.batch_import_findings(Findings=[finding("archive")])
    [read] = hub.get_findings(Filters={"Id": equals("archive")})["Findings"]
    read.update(RecordState="ARCHIVED", UpdatedAt="2026-01-11T08:00:00Z")
    assert hub.batch_import_findings(Findings=[read])["SuccessCount"] == 1
    [read] = hub.get_findings(Filters={"Id": equals("archive")})["Findings"]
    assert read["RecordState"] == "ARCHIVED"


# Rules: PRW-05.
def a_run_archives_findings_of_the_previous_run():
    hub, generator = client(), {"GeneratorId": "prowler-iam_root_mfa"}
    ids = [f"prowler-iam_root_mfa-{number:03}" for number in range(250)]
    for start in range(0, len(ids), 100):
        batch = [finding(one, **generator) for one in ids[start : start + 100]]
        answer = hub.batch_import_findings(Findings=batch)
        assert (answer["SuccessCount"], answer["FailedCount"]) == (len(batch), 0), answer
    filters = {
        "GeneratorId": equals(generator["GeneratorId"]),
        "RecordState": equals("ACTIVE"),
        "AwsAccountId": equals(ADMINISTRATOR),
        "Region": equals(REGION),
    }
    active = [item for page in pages(Filters=filters, PaginationConfig={"PageSize": 100}) for item in page["Findings"]]
    assert [item["Id"] for item in active] == ids, "every finding once, in the order of import"
    gone = active[90:]
    for item in gone:
        item.update(RecordState="ARCHIVED", UpdatedAt="2026-01-12T08:00:00Z")
    for start in range(0, len(gone), 100):
        assert hub.batch_import_findings(Findings=gone[start : start + 100])["FailedFindings"] == []
    left = [item["Id"] for page in pages(Filters=filters) for item in page["Findings"]]
    assert left == ids[:90], len(left)


# Rules: C7N-02.
def timestamps_keep_microseconds_and_an_offset():
    odd = {"CreatedAt": "2026-03-04T05:06:07.123456+00:00", "UpdatedAt": "2026-03-04T05:06:07.123456+00:00"}
    severity = {"Product": 0, "Normalized": 70, "Label": "INFORMATIONAL"}
    hub = client()
    assert hub.batch_import_findings(Findings=[finding("c7n", Severity=severity, **odd)])["FailedFindings"] == []
    [read] = hub.get_findings(Filters={"Id": equals("c7n")})["Findings"]
    assert read["CreatedAt"] == odd["CreatedAt"] and read["Severity"] == severity, read


# Rules: BUF-20, HIS-05, UPF-05.
def changes_of_a_finding_are_listed_in_its_history():
    name = "changed-by-customers"
    sent = finding(name)
    hub = client()
    assert hub.batch_import_findings(Findings=[sent])["FailedCount"] == 0
    identifier = {"Id": name, "ProductArn": sent["ProductArn"]}
    answer = hub.batch_update_findings(
        FindingIdentifiers=[identifier, {"Id": "none", "ProductArn": sent["ProductArn"]}],
        Workflow={"Status": "NOTIFIED"},
        Note={"Text": "seen", "UpdatedBy": "boto3"},
    )
    assert answer["ProcessedFindings"] == [identifier], answer
    assert [one["ErrorCode"] for one in answer["UnprocessedFindings"]] == ["FindingNotFound"], answer
    records = hub.get_paginator("get_finding_history").paginate(FindingIdentifier=identifier).build_full_result()["Records"]
    assert [record["FindingCreated"] for record in records] == [False, True], records
    assert records[0]["UpdateSource"] == {"Type": "BATCH_UPDATE_FINDINGS", "Identity": f"arn:aws:iam::{ADMINISTRATOR}:user/local"}
    changed = {update["UpdatedField"]: update.get("NewValue") for update in records[0]["Updates"]}
    assert changed["Workflow.Status"] == "NOTIFIED" and changed["Note.Text"] == "seen", changed
    hub.update_findings(Filters={"Id": equals(name)}, RecordState="ARCHIVED")
    assert hub.get_findings(Filters={"Id": equals(name)})["Findings"][0]["RecordState"] == "ARCHIVED"


# Rules: INS-01, INS-05, INS-06, INS-20.
def an_insight_is_created_read_and_deleted():
    hub = client()
    hub.batch_import_findings(Findings=[finding("insight", Resources=[{"Type": "Other", "Id": "host-of-an-insight"}])])
    filters = {"Id": equals("insight"), "Confidence": []}
    arn = hub.create_insight(Name="Mine", Filters=filters, GroupByAttribute="ResourceId")["InsightArn"]
    hub.update_insight(InsightArn=arn, Name="Ours")
    [read] = hub.get_insights(InsightArns=[arn])["Insights"]
    assert read == {"InsightArn": arn, "Name": "Ours", "Filters": filters, "GroupByAttribute": "ResourceId"}, read
    results = hub.get_insight_results(InsightArn=arn)["InsightResults"]
    assert results["ResultValues"] == [{"GroupByAttributeValue": "host-of-an-insight", "Count": 1}], results
    assert hub.delete_insight(InsightArn=arn)["InsightArn"] == arn
    refused("ResourceNotFoundException", hub.get_insights, InsightArns=[arn])


# Rules: ARU-01, ARU-08, ARU-11, ARU-12.
def an_automation_rule_is_created_changed_and_deleted():
    hub = client()
    rule = {
        "RuleName": "Quiet",
        "Description": "What nobody needs to see.",
        "RuleOrder": 1,
        "Criteria": {"Title": [{"Value": "Port", "Comparison": "CONTAINS"}]},
        "Actions": [{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Severity": {"Product": 0.0, "Label": "LOW"}}}],
    }
    arn = hub.create_automation_rule(**rule, RuleStatus="DISABLED", Tags={"team": "blue"})["RuleArn"]
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "blue"}
    answer = hub.batch_update_automation_rules(UpdateAutomationRulesRequestItems=[{"RuleArn": arn, "RuleOrder": 2}])
    assert answer["ProcessedAutomationRules"] == [arn] and answer["UnprocessedAutomationRules"] == [], answer
    [read] = hub.batch_get_automation_rules(AutomationRulesArns=[arn])["Rules"]
    assert {name: read[name] for name in rule} == {**rule, "RuleOrder": 2}, read
    assert read["CreatedAt"].tzinfo and read["RuleStatus"] == "DISABLED" and read["IsTerminal"] is False, read
    assert arn in [listed["RuleArn"] for listed in hub.list_automation_rules()["AutomationRulesMetadata"]]
    assert hub.batch_delete_automation_rules(AutomationRulesArns=[arn])["ProcessedAutomationRules"] == [arn]
    answer = hub.batch_get_automation_rules(AutomationRulesArns=[arn])
    assert answer["Rules"] == [] and answer["UnprocessedAutomationRules"][0]["ErrorCode"] == 404, answer


def none_unprocessed(answer):
    assert answer["UnprocessedAccounts"] == [], answer


def statuses(hub):
    listed = hub.get_paginator("list_members").paginate(OnlyAssociated=False)
    return {member["AccountId"]: member["MemberStatus"] for page in listed for member in page["Members"]}


# Rules: MST-01, MST-17, INV-21, INV-30, CLI-02, CLI-03, CLI-07.
def a_member_is_added_invited_and_removed():
    # A separate Region in which the quickstart has no hubs.
    region, administrator, invited = "us-west-2", "666666666666", "777777777777"
    hub, member = client(account=administrator, region=region), client(account=invited, region=region)
    message, status = refused("BadRequestException", hub.list_members)
    assert (status, message) == (400, "The request is rejected since no such resource found.")
    hub.enable_security_hub(EnableDefaultStandards=False)
    none_unprocessed(hub.create_members(AccountDetails=[{"AccountId": invited, "Email": "member@example.com"}]))
    [unprocessed] = hub.create_members(AccountDetails=[{"AccountId": invited}])["UnprocessedAccounts"]
    assert "given account ID is already a member or associated" in unprocessed["ProcessingResult"], unprocessed
    assert (statuses(hub), hub.list_members()["Members"]) == ({invited: "Created"}, [])
    none_unprocessed(hub.invite_members(AccountIds=[invited]))
    [unprocessed] = hub.invite_members(AccountIds=[invited])["UnprocessedAccounts"]
    text = "because the current account has already invited or is already the SecurityHub"
    assert text in unprocessed["ProcessingResult"], unprocessed

    refused("BadRequestException", member.list_invitations)
    refused("InvalidAccessException", member.get_administrator_account)
    member.enable_security_hub(EnableDefaultStandards=False)
    assert member.get_invitations_count()["InvitationsCount"] == 1
    [invitation] = member.list_invitations()["Invitations"]
    assert (invitation["AccountId"], invitation["MemberStatus"]) == (administrator, "Invited"), invitation
    assert invitation["InvitedAt"].tzinfo, invitation
    assert "Master" not in member.get_master_account()
    member.accept_invitation(MasterId=administrator, InvitationId=invitation["InvitationId"])
    shown = member.get_administrator_account()["Administrator"]
    assert shown == {**invitation, "MemberStatus": "Enabled"} == member.get_master_account()["Master"], shown
    [read] = hub.get_members(AccountIds=[invited])["Members"]
    assert read["MasterId"] == read["AdministratorId"] == administrator and read["Email"] == "member@example.com", read
    assert read["MemberStatus"] == "Enabled" and read["UpdatedAt"] >= read["InvitedAt"], read
    assert member.batch_import_findings(Findings=[finding("theirs", invited, region)])["SuccessCount"] == 1
    assert [found["Id"] for found in hub.get_findings()["Findings"]] == ["theirs"]

    [unprocessed] = hub.delete_members(AccountIds=[invited])["UnprocessedAccounts"]
    assert "cannot delete the given member account ID" in unprocessed["ProcessingResult"], unprocessed
    member.disassociate_from_administrator_account()
    assert (statuses(hub), hub.get_findings()["Findings"]) == ({invited: "Resigned"}, [])
    member.accept_administrator_invitation(AdministratorId=administrator, InvitationId=invitation["InvitationId"])
    hub.disassociate_members(AccountIds=[invited])
    assert (statuses(hub), member.list_invitations()["Invitations"]) == ({invited: "Removed"}, [])
    refused("ResourceNotFoundException", member.disassociate_from_master_account)
    none_unprocessed(hub.invite_members(AccountIds=[invited]))
    [unprocessed] = member.delete_invitations(AccountIds=[administrator])["UnprocessedAccounts"]
    assert "has not declined their invitation yet" in unprocessed["ProcessingResult"], unprocessed
    none_unprocessed(member.decline_invitations(AccountIds=[administrator]))
    none_unprocessed(member.delete_invitations(AccountIds=[administrator]))
    none_unprocessed(hub.delete_members(AccountIds=[invited]))
    assert statuses(hub) == {}
    for one in [hub, member]:
        one.disable_security_hub()


# Rules: STD-20, STD-30, CTL-12, SEC-40, SEC-43.
def standards_are_enabled_and_disabled():
    hub = client()
    cis = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
    pci = f"arn:aws:securityhub:{REGION}::standards/pci-dss/v/3.2.1"
    assert {cis, pci} <= {standard["StandardsArn"] for standard in hub.describe_standards()["Standards"]}
    requests = [{"StandardsArn": cis}, {"StandardsArn": pci}]
    enabled = hub.batch_enable_standards(StandardsSubscriptionRequests=requests)["StandardsSubscriptions"]
    assert [row["StandardsArn"] for row in enabled] == [cis, pci], enabled
    arns = [row["StandardsSubscriptionArn"] for row in enabled]
    walk = hub.get_paginator("get_enabled_standards").paginate(StandardsSubscriptionArns=arns, PaginationConfig={"PageSize": 1})
    assert [row["StandardsStatus"] for page in walk for row in page["StandardsSubscriptions"]] == ["READY", "READY"]
    walk = hub.get_paginator("describe_standards_controls").paginate(StandardsSubscriptionArn=arns[1])
    controls = {control["ControlId"]: control for page in walk for control in page["Controls"]}
    assert len(controls) == 44, controls.keys()
    rotation = controls["PCI.KMS.1"]
    assert rotation["ControlStatus"] == "ENABLED" and rotation["ControlStatusUpdatedAt"].tzinfo, rotation
    change = {"StandardsControlArn": rotation["StandardsControlArn"], "ControlStatus": "DISABLED", "DisabledReason": "rotated by hand"}
    hub.update_standards_control(**change)
    walk = hub.get_paginator("list_standards_control_associations").paginate(SecurityControlId="KMS.4")
    associations = {row["StandardsArn"]: row for page in walk for row in page["StandardsControlAssociationSummaries"]}
    assert associations[cis]["AssociationStatus"] == "ENABLED", associations
    assert (associations[pci]["AssociationStatus"], associations[pci]["UpdatedReason"]) == ("DISABLED", "rotated by hand"), associations
    ids = [{"SecurityControlId": "KMS.4", "StandardsArn": pci}]
    [detail] = hub.batch_get_standards_control_associations(StandardsControlAssociationIds=ids)["StandardsControlAssociationDetails"]
    assert detail["StandardsControlArns"] == [rotation["StandardsControlArn"]], detail
    disabled = hub.batch_disable_standards(StandardsSubscriptionArns=arns)["StandardsSubscriptions"]
    assert [row["StandardsStatus"] for row in disabled] == ["DELETING", "DELETING"], disabled
    assert hub.get_enabled_standards(StandardsSubscriptionArns=arns)["StandardsSubscriptions"] == []
    _, status = refused("ResourceNotFoundException", hub.describe_standards_controls, StandardsSubscriptionArn=arns[1])
    assert status == 404


# Rules: SEC-23, SEC-30.
def parameters_of_a_security_control_are_read_and_changed():
    hub = client()
    walk = hub.get_paginator("list_security_control_definitions").paginate(PaginationConfig={"PageSize": 100})
    assert len([control for page in walk for control in page["SecurityControlDefinitions"]]) > 500
    definition = hub.get_security_control_definition(SecurityControlId="ACM.1")["SecurityControlDefinition"]
    options = definition["ParameterDefinitions"]["daysToExpiration"]["ConfigurationOptions"]
    assert options == {"Integer": {"DefaultValue": 30, "Min": 14, "Max": 365}}, options
    for value in [{"ValueType": "CUSTOM", "Value": {"Integer": 45}}, {"ValueType": "DEFAULT"}]:
        hub.update_security_control(SecurityControlId="ACM.1", Parameters={"daysToExpiration": value})
        [control] = hub.batch_get_security_controls(SecurityControlIds=["ACM.1"])["SecurityControls"]
        assert control["Parameters"]["daysToExpiration"]["ValueType"] == value["ValueType"], control


# Rules: FLT-13.
def filters_that_aws_refuses_are_refused():
    contains = {"Title": [{"Value": "x", "Comparison": "CONTAINS"}]}
    message, status = refused("InvalidInputException", client().get_findings, Filters=contains)
    assert status == 400 and message.startswith("Invalid Filters in the input: data.Title[0].Comparison"), message


# Rules: NB-27, TF-07.
def an_operation_that_is_not_implemented_is_not_retried():
    for mode in ["legacy", "standard", "adaptive"]:
        for attempts in [1, 5]:
            retries = {"mode": mode, "total_max_attempts": attempts}
            organizations = client("organizations", config=botocore.config.Config(retries=retries))
            try:
                organizations.list_handshakes_for_account()
            except botocore.exceptions.ClientError as error:
                body, metadata = error.response["Error"], error.response["ResponseMetadata"]
                assert body["Code"] == "UnknownOperationException", body
                assert "ListHandshakesForAccount" in body["Message"], body
                assert metadata["RetryAttempts"] == 0, (retries, metadata)
            else:
                raise AssertionError("the operation is implemented: use another one here")


# Rules: ERR-07.
def a_presigned_url_is_a_request():
    url = client().generate_presigned_url("describe_hub")
    with urllib.request.urlopen(url) as answer:
        assert f"{ADMINISTRATOR}:hub/default".encode() in answer.read()


# Rules: NB-20, NB-21, TF-01.
def a_session_of_a_role_is_its_account():
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


# Rules: NB-23, NB-24, NB-25, NB-26, NB-27.
def other_services_answer_their_calls():
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


# Rules: CLN-07, CLN-08.
def filters_are_returned_as_they_were_sent():
    hub = client()
    filters = {
        "SeverityNormalized": [{"Gte": 50, "Lte": 99.5}],
        "Confidence": [{"Eq": 80}],
        "CreatedAt": [{"DateRange": {"Value": 7, "Unit": "DAYS"}}],
        "UpdatedAt": [{"Start": "2026-01-01T00:00:00.000Z", "End": "2026-01-02T00:00:00+00:00"}],
        "ProductFields": [{"Key": "a", "Value": "b", "Comparison": "EQUALS"}],
        "Sample": [{"Value": False}],
        "Title": [{"Value": "b", "Comparison": "PREFIX"}, {"Value": "a", "Comparison": "PREFIX"}],
    }
    arn = hub.create_insight(Name="mine", Filters=filters, GroupByAttribute="ResourceId")["InsightArn"]
    [insight] = hub.get_insights(InsightArns=[arn])["Insights"]
    hub.delete_insight(InsightArn=arn)
    assert insight == {"InsightArn": arn, "Name": "mine", "Filters": filters, "GroupByAttribute": "ResourceId"}, insight
    criteria = {"Criticality": [{"Gte": 1.25}], "CreatedAt": [{"Start": "2026-01-01T00:00:00Z", "End": "2026-01-02T00:00:00Z"}]}
    actions = [{"Type": "FINDING_FIELDS_UPDATE", "FindingFieldsUpdate": {"Severity": {"Product": 0.0, "Label": "LOW"}}}]
    rule = {"RuleName": "mine", "RuleOrder": 1, "Description": "d", "Criteria": criteria, "Actions": actions}
    arn = hub.create_automation_rule(**rule)["RuleArn"]
    [read] = hub.batch_get_automation_rules(AutomationRulesArns=[arn])["Rules"]
    assert {name: read[name] for name in rule} == rule, read
    hub.batch_delete_automation_rules(AutomationRulesArns=[arn])


if __name__ == "__main__":
    run(globals())
