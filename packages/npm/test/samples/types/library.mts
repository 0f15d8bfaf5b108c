import { SecurityHub } from "@aws-sdk/client-securityhub";
import { type Account, ControlError, type Emulator, StartError, connect, findBinary, start } from "securityhub-local";
import setup, { globalSetup } from "securityhub-local/jest";
import { SecurityHubContainer, type StartedSecurityHubContainer } from "securityhub-local/testcontainers";
import { test as base } from "securityhub-local/vitest";
import vitestSetup, { globalSetup as vitestSetupOf } from "securityhub-local/vitest/setup";
import { expect, inject } from "vitest";

const hub: Emulator = await start({
  scenario: ["builtin:quickstart", { regions: ["us-east-1"] }],
  clock: new Date(),
  args: ["--aws-rate-limits"],
  timeout: 5000,
});
const account: Account = await hub.account({ hub: true, regions: ["us-east-1"] });
const client = new SecurityHub(account.config({ region: "eu-west-1" }));
const { Findings = [] } = await client.getFindings({ MaxResults: 10 });
await hub.importFindings(Findings);
const [event] = await hub.events({ account: account.id, detailType: "Security Hub Findings - Imported", wait: 100 });
const title: string = event?.["detail"].findings[0].Title;
const count: number = await hub.verify("GetFindings", { match: { MaxResults: 10 }, min: 1, account });
const now: Date = await hub.clock.advance("P1D");
const [fault] = await hub.faults.add({ Operation: "GetFindings", Error: { Code: "Throttle" } });
await hub.faults.clear({ id: fault?.["Id"] });
await hub.snapshots.save("a");
const restore: () => void = account.setEnv();
restore();
process.env = { ...process.env, ...hub.env({ account: "111111111111" }) };
export { connect, count, findBinary, globalSetup, now, setup, title, vitestSetup, vitestSetupOf };

try {
  await hub.call("PUT", "faults", { body: {}, query: { id: 1 } });
} catch (error) {
  if (error instanceof ControlError) console.log(error.status);
  if (error instanceof StartError) console.log(error.exitCode);
}

// @ts-expect-error: an unknown option
await start({ scenaro: "x" });
// @ts-expect-error: only `start` and `connect` make emulators
new (hub.constructor as typeof Emulator)();

const started: StartedSecurityHubContainer = await new SecurityHubContainer().withScenario({ hubs: [] }).withReuse().start();
new SecurityHub(started.emulator.config());

base("fixtures have types", async ({ securityhub, securityhubAccount, makeSecurityhub }) => {
  const own: Emulator = await makeSecurityhub({ port: 0 });
  expect(own.endpoint).not.toBe(securityhub.endpoint);
  const id: string = securityhubAccount.id;
  const endpoint: string = inject("securityhub-local");
  console.log(id, endpoint);
});
