import { SecurityHub } from "@aws-sdk/client-securityhub";
import { test } from "securityhub-local/vitest";
import { describe, expect } from "vitest";

import { resolve } from "./triage.mjs";

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

// Each test sees only the finding of its own account.
for (let number = 1; number <= 20; number += 1) {
  test(`a finding is resolved ${number}`, async ({ securityhub, securityhubAccount }) => {
    const account = securityhubAccount.id;
    await securityhub.importFindings([finding(account)]);
    await resolve("scan/1", finding(account).ProductArn);
    const { Findings } = await new SecurityHub(securityhubAccount.config()).getFindings({});
    expect(Findings.map((found) => found.Workflow.Status)).toEqual(["RESOLVED"]);
    expect(await securityhub.verify("BatchUpdateFindings", { account, max: 1 })).toBe(1);
  });
}

test("nothing is left of the variables", () => {
  expect(process.env.AWS_ACCESS_KEY_ID).toBeUndefined();
});

describe.concurrent("concurrent tests do not share variables", () => {
  for (let number = 1; number <= 5; number += 1) {
    test(`account ${number}`, async ({ securityhubAccount, expect }) => {
      expect(process.env.AWS_ACCESS_KEY_ID).toBeUndefined();
      await new SecurityHub(securityhubAccount.config()).describeHub({});
    });
  }
});

test("a test has an emulator of its own", async ({ securityhub, makeSecurityhub }) => {
  const own = await makeSecurityhub({ clock: "2027-01-01T00:00:00Z" });
  expect((await own.clock.now()).getUTCFullYear()).toBe(2027);
  expect((await securityhub.clock.now()).getUTCFullYear()).toBe(2026);
  console.log(`endpoints: ${securityhub.endpoint} ${own.endpoint} .`);
});
