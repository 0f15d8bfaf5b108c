const { connect } = require("securityhub-local");

const { countFindings } = require("./triage");

let hub, account, restore;

beforeAll(async () => {
  hub = await connect();
});
beforeEach(async () => {
  account = await hub.account({ hub: true });
  restore = account.setEnv();
});
afterEach(() => restore());
afterAll(() => hub.stop());

const finding = (account) => ({
  SchemaVersion: "2018-10-08",
  Id: "scan/1",
  ProductArn: `arn:aws:securityhub:us-east-1:${account}:product/${account}/default`,
  GeneratorId: "scan",
  AwsAccountId: account,
  Types: ["Software and Configuration Checks/Vulnerabilities"],
  CreatedAt: "2026-01-10T08:00:00Z",
  UpdatedAt: "2026-01-10T08:00:00Z",
  Severity: { Label: "HIGH" },
  Title: "Port 22 is open",
  Description: "Found by a scan.",
  Resources: [{ Type: "Other", Id: "host-1" }],
});

test.each(Array.from({ length: 20 }, (_, index) => index))("each test has its own account %d", async () => {
  expect(await countFindings()).toBe(0);
  await hub.importFindings([finding(account.id)]);
  expect(await countFindings()).toBe(1);
  await expect(hub.verify("GetFindings", { account: account.id, min: 3 })).rejects.toThrow("found 2");
});

test("the scenario is that of the global setup", async () => {
  process.stderr.write(`endpoint: ${hub.endpoint} .\n`);
  expect((await hub.call("GET", "status")).Scenario).toBe("quickstart");
});
