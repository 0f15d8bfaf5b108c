"""The settings of the V2 half with boto3, in the order in which tools call them; the first case that fails ends the run.

The scenario has two Regions and the delegated administrator ADMINISTRATOR.
"""

import urllib.parse

import boto3
from cases import refused, run

ADMINISTRATOR, MEMBER, MANAGEMENT = "111111111111", "222222222222", "999999999999"
HOME, LINKED = "us-east-1", "eu-west-1"


def client(account=ADMINISTRATOR, region=HOME):
    return boto3.client("securityhub", region_name=region, aws_access_key_id=account, aws_secret_access_key="x")


# Rules: HV2-01, HV2-04, HV2-05, HV2-06, HV2-08, O2G-05.
def terraform_enables_a_hub_and_its_feature():
    hub = client()
    message, _ = refused("ResourceNotFoundException", hub.describe_security_hub_v2)
    assert "not subscribed to hubv2" in message.lower(), message
    arn = hub.enable_security_hub_v2(Tags={"team": "red"})["HubV2Arn"]
    described = hub.describe_security_hub_v2()
    assert described["HubV2Arn"] == arn and described["SubscribedAt"].endswith("Z"), described
    assert described["Features"]["NETWORK_SCANNING"]["FeatureStatus"] == "DISABLED"
    hub.enable_security_hub_feature_v2(FeatureName="NETWORK_SCANNING")
    assert hub.describe_security_hub_v2()["Features"]["NETWORK_SCANNING"]["FeatureStatus"] == "ENABLED"
    hub.disable_security_hub_feature_v2(FeatureName="NETWORK_SCANNING")
    hub.tag_resource(ResourceArn=arn, Tags={"env": "test"})
    assert hub.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"team": "red", "env": "test"}
    other = client(MEMBER)
    refused("ResourceNotFoundException", other.disable_security_hub_v2)
    other.enable_security_hub_v2()
    other.disable_security_hub_v2()


# Rules: AGV-01, AGV-05, AGV-06, AGV-08, AGV-09, O2G-05, O2G-08.
def an_audit_finds_the_aggregator_from_the_region_in_its_arn():
    home, linked = client(), client(region=LINKED)
    message, _ = refused("ConflictException", linked.list_aggregators_v2)
    assert "Security Hub V2 is not enabled" in message, message
    linked.enable_security_hub_v2()
    create = {"RegionLinkingMode": "SPECIFIED_REGIONS", "LinkedRegions": [LINKED], "ClientToken": "t-1"}
    created = home.create_aggregator_v2(**create)
    assert home.create_aggregator_v2(**create)["AggregatorV2Arn"] == created["AggregatorV2Arn"]
    arn = linked.list_aggregators_v2()["AggregatorsV2"][0]["AggregatorV2Arn"]
    assert arn.split(":")[3] == HOME, arn
    message, _ = refused("ConflictException", linked.get_aggregator_v2, AggregatorV2Arn=arn)
    assert "does not match the aggregation Region" in message, message
    assert home.get_aggregator_v2(AggregatorV2Arn=arn)["LinkedRegions"] == [LINKED]
    message, _ = refused(
        "ValidationException", home.update_aggregator_v2, AggregatorV2Arn=arn, RegionLinkingMode="ALL_REGIONS"
    )
    assert message == "RegionLinkingMode must be set to 'SPECIFIED_REGIONS'", message
    home.update_aggregator_v2(AggregatorV2Arn=arn, RegionLinkingMode="SPECIFIED_REGIONS", LinkedRegions=["us-west-2"])
    member = client(MEMBER)
    member.enable_security_hub_v2()
    assert member.list_aggregators_v2()["AggregatorsV2"] == []
    refused("AccessDeniedException", member.create_aggregator_v2, **create)


# Rules: CNV-01, CNV-05, CNV-06, CNV-07, CNV-08, CNV-10, CNV-11, CNV-12, TKV-01.
def a_connector_to_jira_is_authorized_and_creates_a_ticket():
    hub = client()
    provider = {"JiraCloud": {"ProjectKey": "SEC"}}
    created = hub.create_connector_v2(Name="jira", Provider=provider, Tags={"a": "b"}, ClientToken="t-2")
    query = urllib.parse.parse_qs(urllib.parse.urlparse(created["AuthUrl"]).query)
    assert created["ConnectorStatus"] == "PENDING_AUTHORIZATION" and query["response_type"] == ["code"]
    hub.register_connector_v2(AuthCode="c", AuthState=query["state"][0])
    for name in (created["ConnectorId"], created["ConnectorArn"]):
        found = hub.get_connector_v2(ConnectorId=name)
        assert found["Health"]["ConnectorStatus"] == "CONNECTED", found
        assert found["ProviderDetail"]["JiraCloud"]["AuthStatus"] == "ACTIVE", found
    assert hub.get_connector_v2(ConnectorId=created["ConnectorId"])["Health"] == found["Health"]
    ticket = hub.create_ticket_v2(
        ConnectorId=created["ConnectorId"], FindingMetadataUid="TEST_FINDING", Mode="DRYRUN"
    )
    assert ticket["TicketSrcUrl"].endswith("/browse/SEC-1"), ticket
    hub.update_connector_v2(ConnectorId=created["ConnectorId"], Description="d")
    listed = hub.list_connectors_v2(ProviderName="JIRA_CLOUD", ConnectorStatus="CONNECTED")["Connectors"]
    assert [row["Description"] for row in listed] == ["d"], listed
    hub.delete_connector_v2(ConnectorId=created["ConnectorArn"])
    refused("ResourceNotFoundException", hub.get_connector_v2, ConnectorId=created["ConnectorId"])


# Rules: CNC-01, CNC-03, CNC-04, CNV-04.
def azure_is_connected_to_both_halves():
    hub = client()
    scope = {"ScopeType": "TENANT"}
    arn = f"arn:aws:config:{HOME}:{ADMINISTRATOR}:connector/a"
    azure = {"Azure": {"AWSConfigConnectorArn": arn, "ScopeConfiguration": scope, "AzureRegions": ["eastus"]}}
    created = hub.create_connector_v2(Name="azure", Provider=azure)
    linked = hub.list_connectors()["Connectors"][0]
    assert linked["CreatedBy"] == "securityhub.amazonaws.com", linked
    refused("ConflictException", hub.delete_connector, ConnectorId=linked["ConnectorId"])
    own = hub.create_connector(Name="own", Provider=azure)
    assert hub.get_connector(ConnectorId=own["ConnectorArn"])["EnablementStatus"] == "ENABLED"
    azure["Azure"].pop("AWSConfigConnectorArn")
    assert hub.update_connector(ConnectorId=own["ConnectorId"], Provider=azure)["EnablementStatus"] == "PENDING_UPDATE"
    hub.delete_connector(ConnectorId=own["ConnectorId"])
    hub.delete_connector_v2(ConnectorId=created["ConnectorId"])
    assert hub.list_connectors()["Connectors"] == hub.list_connectors_v2()["Connectors"] == []


# Rules: PRV-01, FTR-02, FTR-04, O2G-03.
def catalogues_are_read_page_by_page():
    hub = client()
    pages = hub.get_paginator("describe_products_v2").paginate(PaginationConfig={"PageSize": 3})
    names = [row["ProductV2Name"] for page in pages for row in page["ProductsV2"]]
    assert names == sorted(names) and "GuardDuty" in names, names
    pages = hub.get_paginator("list_free_trial_statuses_v2").paginate(PaginationConfig={"PageSize": 1})
    accounts = [row["AccountId"] for page in pages for row in page["AccountFreeTrialStatuses"]]
    assert accounts == [ADMINISTRATOR, MEMBER, MANAGEMENT], accounts
    others = {"AccountIds": [ADMINISTRATOR]}
    message, _ = refused("ValidationException", client(MEMBER).list_free_trial_statuses_v2, **others)
    assert message.startswith("Organization not found: 'o-"), message
    refused("ValidationException", hub.describe_products_v2, NextToken="x")


# Rules: HV2-11, HV2-22.
def a_policy_of_the_organization_enables_hubs():
    organizations = boto3.client(
        "organizations", region_name=HOME, aws_access_key_id=MANAGEMENT, aws_secret_access_key="x"
    )
    kind = "SECURITYHUB_POLICY"
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType=kind)
    content = '{"securityhub": {"enable_in_regions": {"@@assign": ["%s"]}, "disable_in_regions": {"@@assign": []}}}'
    policy = organizations.create_policy(Name="hubs", Description="d", Type=kind, Content=content % LINKED)
    policy = policy["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    member = client(MEMBER, LINKED)
    member.describe_security_hub_v2()
    refused("AccessDeniedException", member.disable_security_hub_v2)
    assert [row["Id"] for row in organizations.list_policies(Filter=kind)["Policies"]] == [policy]
    assert [row["TargetId"] for row in organizations.list_targets_for_policy(PolicyId=policy)["Targets"]] == [root]
    organizations.detach_policy(PolicyId=policy, TargetId=root)
    member.disable_security_hub_v2()


if __name__ == "__main__":
    run(globals())
