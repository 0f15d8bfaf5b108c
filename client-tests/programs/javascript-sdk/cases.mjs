// AWS SDK for JavaScript: the SDK's own code serializes requests and parses responses, errors, dates and pages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import * as sdk from "@aws-sdk/client-securityhub";

const [ADMINISTRATOR, MEMBER, UNSUBSCRIBED] = ["111111111111", "222222222222", "444444444444"];
const REGION = "us-east-1";

// The endpoint comes from the environment, AWS_ENDPOINT_URL_SECURITYHUB.
const hub = (account) => new sdk.SecurityHub({
  region: REGION,
  credentials: { accessKeyId: account, secretAccessKey: "x" },
  maxAttempts: 1,
});

const equals = (Value) => [{ Value, Comparison: "EQUALS" }];

const finding = (Id, members = {}) => ({
  SchemaVersion: "2018-10-08",
  Id,
  ProductArn: `arn:aws:securityhub:${REGION}:${ADMINISTRATOR}:product/${ADMINISTRATOR}/default`,
  GeneratorId: "scanner",
  AwsAccountId: ADMINISTRATOR,
  Types: ["Software and Configuration Checks/Vulnerabilities"],
  CreatedAt: "2026-01-10T08:00:00Z",
  UpdatedAt: "2026-01-10T08:00:00Z",
  Severity: { Label: "HIGH" },
  Title: "Port 22 is open",
  Description: "Found by a scan.",
  Resources: [{ Type: "Other", Id: "host-1" }],
  ...members,
});

beforeEach(async () => {
  const answer = await fetch(`${process.env.EMULATOR}/_emulator/reset`, { method: "POST" });
  assert.equal(answer.status, 200);
});

// Rules: CLN-03, CLN-04.
test("errors have the classes, codes and messages of the service model", async () => {
  const off = await hub(UNSUBSCRIBED).describeHub({}).catch((error) => error);
  assert.ok(off instanceof sdk.InvalidAccessException, String(off));
  assert.equal(off.message, `Account ${UNSUBSCRIBED} is not subscribed to AWS Security Hub`);
  assert.equal(off.$metadata.httpStatusCode, 401);
  assert.ok(off.$metadata.requestId);
  assert.equal(off.Code, "InvalidAccessException");
  const twice = await hub(ADMINISTRATOR).enableSecurityHub({}).catch((error) => error);
  assert.ok(twice instanceof sdk.ResourceConflictException, String(twice));
  const bad = await hub(ADMINISTRATOR).getFindings({ MaxResults: 101 }).catch((error) => error);
  assert.ok(bad instanceof sdk.InvalidInputException, String(bad));
});

// Rules: CLN-02.
test("a hub is enabled and disabled by calls with and without a body", async () => {
  const client = hub(UNSUBSCRIBED);
  await client.enableSecurityHub({ EnableDefaultStandards: false, Tags: { team: "blue" } });
  const { HubArn, SubscribedAt } = await client.describeHub({});
  assert.equal(HubArn, `arn:aws:securityhub:${REGION}:${UNSUBSCRIBED}:hub/default`);
  assert.ok(!Number.isNaN(Date.parse(SubscribedAt)));
  await client.disableSecurityHub({});
  await assert.rejects(client.describeHub({}), sdk.InvalidAccessException);
});

// Rules: CLN-01.
test("ARNs in paths are accepted as the SDK encodes them", async () => {
  const client = hub(ADMINISTRATOR);
  const { ActionTargetArn } = await client.createActionTarget({ Name: "Ticket", Description: "d", Id: "ticket" });
  await client.updateActionTarget({ ActionTargetArn, Name: "Ticket it" });
  const { ActionTargets } = await client.describeActionTargets({ ActionTargetArns: [ActionTargetArn] });
  assert.deepEqual(ActionTargets.map((target) => target.Name), ["Ticket it"]);
  await client.deleteActionTarget({ ActionTargetArn });
  const { HubArn } = await client.describeHub({});
  await client.tagResource({ ResourceArn: HubArn, Tags: { a: "1", "a=b/c:d": "2" } });
  await client.untagResource({ ResourceArn: HubArn, TagKeys: ["a", "gone"] });
  assert.deepEqual((await client.listTagsForResource({ ResourceArn: HubArn })).Tags, { "a=b/c:d": "2" });
  const [enabled] = (await client.getEnabledStandards({})).StandardsSubscriptions;
  const controls = await client.describeStandardsControls({
    StandardsSubscriptionArn: enabled.StandardsSubscriptionArn,
  });
  const [{ StandardsControlArn, ControlStatusUpdatedAt }] = controls.Controls;
  assert.ok(ControlStatusUpdatedAt instanceof Date);
  await client.updateStandardsControl({ StandardsControlArn, ControlStatus: "DISABLED", DisabledReason: "not ours" });
});

// Rules: CLN-06.
test("paginators read all pages and end", async () => {
  const ids = new Set();
  let pages = 0;
  const Filters = { ProductName: equals("GuardDuty") };
  for await (const page of sdk.paginateGetFindings({ client: hub(ADMINISTRATOR), pageSize: 100 }, { Filters })) {
    pages += 1;
    page.Findings.forEach((found) => ids.add(found.Id));
  }
  assert.deepEqual([pages, ids.size], [3, 250]);
  let products = 0;
  for await (const page of sdk.paginateDescribeProducts({ client: hub(ADMINISTRATOR), pageSize: 10 }, {})) {
    products += page.Products.length;
  }
  assert.ok(products > 50);
});

// Rules: CLN-05.
test("empty lists are returned as lists", async () => {
  const client = hub(ADMINISTRATOR);
  const { UnprocessedAccounts } = await client.createMembers({ AccountDetails: [{ AccountId: "333333333333" }] });
  assert.deepEqual(UnprocessedAccounts, []);
  assert.deepEqual((await client.listFindingAggregators({})).FindingAggregators, []);
  const { FailedFindings } = await client.batchImportFindings({ Findings: [finding("one")] });
  assert.deepEqual(FailedFindings, []);
});

test("findings are imported and read with maps, numbers and text in any language", async () => {
  const client = hub(ADMINISTRATOR);
  const sent = finding("it", {
    Title: "Schlüssel 🔑 \"x\" \u2028",
    ProductFields: { "aws/x": "é" },
    Confidence: 42,
    Severity: { Label: "LOW", Product: 0.5, Normalized: 1 },
    Resources: [{ Type: "AwsEc2Instance", Id: "i-1", Tags: { a: "b" }, Details: { AwsEc2Instance: { Type: "t3.micro" } } }],
  });
  const bad = finding("bad", { Title: "" });
  const answer = await client.batchImportFindings({ Findings: [sent, bad] });
  assert.deepEqual([answer.SuccessCount, answer.FailedCount, answer.FailedFindings[0].Id], [1, 1, "bad"]);
  const { Findings: [read] } = await client.getFindings({ Filters: { Id: equals("it") } });
  for (const name of ["Title", "Confidence", "Severity", "Types"]) {
    assert.deepEqual(read[name], sent[name], name);
  }
  assert.equal(read.ProductFields["aws/x"], "é");
  assert.deepEqual(read.Resources[0].Details, sent.Resources[0].Details);
  const key = { Id: "it", ProductArn: sent.ProductArn };
  const update = await client.batchUpdateFindings({
    FindingIdentifiers: [key, { ...key, Id: "gone" }],
    Workflow: { Status: "NOTIFIED" },
    Note: { Text: "seen", UpdatedBy: "me" },
  });
  assert.deepEqual(update.ProcessedFindings, [key]);
  assert.equal(update.UnprocessedFindings[0].FindingIdentifier.Id, "gone");
  const { Records } = await client.getFindingHistory({ FindingIdentifier: key });
  assert.ok(Records.every((record) => record.UpdateTime instanceof Date));
  assert.ok(Records.some((record) => record.Updates.some((change) => change.UpdatedField.startsWith("Note"))));
});

// Rules: CLN-07, CLN-08.
test("filters are returned as they were sent", async () => {
  const client = hub(ADMINISTRATOR);
  const Filters = {
    SeverityNormalized: [{ Gte: 50, Lte: 99.5 }],
    Confidence: [{ Eq: 80 }],
    CreatedAt: [{ DateRange: { Value: 7, Unit: "DAYS" } }],
    UpdatedAt: [{ Start: "2026-01-01T00:00:00.000Z", End: "2026-01-02T00:00:00+00:00" }],
    ProductFields: [{ Key: "a", Value: "b", Comparison: "EQUALS" }],
    NetworkSourceIpV4: [{ Cidr: "10.0.0.0/8" }],
    Sample: [{ Value: false }],
    Title: [{ Value: "b", Comparison: "PREFIX" }, { Value: "a", Comparison: "PREFIX" }],
  };
  const { InsightArn } = await client.createInsight({ Name: "mine", Filters, GroupByAttribute: "ResourceId" });
  const { Insights: [insight] } = await client.getInsights({ InsightArns: [InsightArn] });
  assert.deepEqual(insight, { InsightArn, Name: "mine", Filters, GroupByAttribute: "ResourceId" });
  const Criteria = { Criticality: [{ Gte: 1.25 }], ComplianceStatus: [{ Value: "FAILED", Comparison: "NOT_EQUALS" }] };
  const { RuleArn } = await client.createAutomationRule({
    RuleName: "mine", RuleOrder: 1, Description: "d", Criteria,
    Actions: [{ Type: "FINDING_FIELDS_UPDATE", FindingFieldsUpdate: { Severity: { Product: 0, Label: "LOW" } } }],
  });
  const { Rules: [rule] } = await client.batchGetAutomationRules({ AutomationRulesArns: [RuleArn] });
  assert.deepEqual(rule.Criteria, Criteria);
  assert.deepEqual(rule.Actions[0].FindingFieldsUpdate, { Severity: { Product: 0, Label: "LOW" } });
  assert.ok(rule.CreatedAt instanceof Date);
});

test("times of members and invitations are read as dates", async () => {
  const { Members } = await hub(ADMINISTRATOR).listMembers({});
  assert.deepEqual(Members.map((member) => [member.AccountId, member.MemberStatus]), [[MEMBER, "Enabled"]]);
  assert.ok(Members[0].InvitedAt instanceof Date && Members[0].UpdatedAt instanceof Date);
  const { Administrator } = await hub(MEMBER).getAdministratorAccount({});
  assert.ok(Administrator.InvitedAt instanceof Date);
});

// A value such as `{GetFindingsV2.Findings.0.metadata.uid}` is taken from an earlier response, `?name` from a URL.
const resolved = (value, answers) => {
  if (Array.isArray(value)) return value.map((item) => resolved(item, answers));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => {
      const isTime = ["StartTime", "EndTime"].includes(name);
      return [name, isTime ? new Date(member) : resolved(member, answers)];
    }));
  }
  if (typeof value !== "string" || !value.startsWith("{")) return value;
  const [path, parameter] = value.slice(1, -1).split("?");
  const found = path.split(".").reduce((answer, step) => answer[step], answers);
  return parameter ? new URL(found).searchParams.get(parameter) : found;
};

// Operations that are newer than the SDK.
const NEWER = [
  "GetSoftwareV2", "GetSoftwareResourcesV2", "GetSoftwareStatisticsV2", "StartExportJobV2", "GetExportJobV2",
  "ListExportJobsV2", "CancelExportJobV2", "GetRemediationsV2", "ListExposuresByRemediationV2",
];

// Rules: CLN-05.
test("every operation of the V2 half that the SDK has is called and its answer is parsed", async () => {
  const file = join(process.env.REPOSITORY, "client-tests/programs/v2-calls.json");
  const calls = JSON.parse(readFileSync(file, "utf8"));
  const client = hub(ADMINISTRATOR);
  const answers = {};
  for (const [operation, input, code] of calls) {
    const Command = sdk[`${operation}Command`];
    assert.equal(Command === undefined, NEWER.includes(operation), operation);
    if (!Command) continue;
    const answer = await client.send(new Command(resolved(input, answers))).catch((error) => error);
    if (answer instanceof Error) {
      assert.ok(answer instanceof sdk.SecurityHubServiceException, `${operation}: ${answer}`);
      assert.equal(answer.name, code, `${operation}: ${answer}`);
      continue;
    }
    assert.equal(code, undefined, operation);
    answers[operation] = answer;
  }
  assert.match(answers.GetFindingsV2.Findings[0].metadata.uid, /^[0-9a-f]{64}$/);
  assert.ok(answers.GetFindingsTrendsV2.TrendsMetrics[0].Timestamp instanceof Date);
  assert.ok(answers.GetAutomationRuleV2.CreatedAt instanceof Date && answers.GetAutomationRuleV2.RuleOrder === 1.5);
});
