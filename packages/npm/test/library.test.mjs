// The library: each method is checked by what the API or the control plane returns afterwards.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

import { SecurityHub } from "@aws-sdk/client-securityhub";
import { ControlError, StartError, connect, findBinary, start } from "securityhub-local";

import { ADMINISTRATOR, BINARY, MEMBER, VERSION, WORK, inFolder, isRefused, only, run } from "./support.mjs";

const REGION = "us-east-1";
let hub;

before(async () => {
  hub = await start({ scenario: "builtin:quickstart" });
});
beforeEach(() => hub.reset());
after(() => hub.stop());

const client = (account, region) => new SecurityHub({ ...hub.config({ account, region }), maxAttempts: 1 });

const finding = (Id, account, members = {}) => ({
  SchemaVersion: "2018-10-08",
  Id,
  ProductArn: `arn:aws:securityhub:${REGION}:${account}:product/${account}/default`,
  GeneratorId: "scanner",
  AwsAccountId: account,
  Types: ["Software and Configuration Checks/Vulnerabilities"],
  CreatedAt: "2026-01-10T08:00:00Z",
  UpdatedAt: "2026-01-10T08:00:00Z",
  Severity: { Label: "HIGH" },
  Title: "Port 22 is open",
  Description: "Found by a scan.",
  Resources: [{ Type: "Other", Id: "host-1" }],
  ...members,
});

const ids = async (client) => (await client.getFindings({ MaxResults: 100 })).Findings.map((found) => found.Id);

/** Marks a finding of the member as notified, as the administrator. */
async function triage(Status = "NOTIFIED") {
  const found = only((await client(MEMBER).getFindings({ MaxResults: 1 })).Findings);
  const FindingIdentifiers = [{ Id: found.Id, ProductArn: found.ProductArn }];
  await client(ADMINISTRATOR).batchUpdateFindings({ FindingIdentifiers, Workflow: { Status } });
  return found;
}

// Rules: DST-34.
test("an emulator has an endpoint, a port, a process and a version", async () => {
  assert.equal(hub.endpoint, `http://127.0.0.1:${hub.port}`);
  assert.equal(hub.version, VERSION);
  process.kill(hub.pid, 0);
  const { HubArn } = await client(ADMINISTRATOR).describeHub({});
  assert.equal(HubArn, `arn:aws:securityhub:${REGION}:${ADMINISTRATOR}:hub/default`);
});

// Rules: DST-34.
test("a scenario is a path, a URL, an object, or several of them, and the clock stands at the given time", () =>
  inFolder(async (folder) => {
    const file = join(folder, "scenario.json");
    writeFileSync(file, JSON.stringify({ regions: [REGION], hubs: [{ account: "700000000001", regions: "all" }] }));
    const more = { hubs: [{ account: "700000000002", regions: [REGION] }] };
    for (const scenario of [[file, more], [pathToFileURL(file), more]]) {
      const clock = new Date("2027-03-01T00:00:00Z");
      await during(await start({ scenario, clock }), async (own) => {
        for (const account of ["700000000001", "700000000002"]) {
          await new SecurityHub(own.config({ account })).describeHub({});
        }
        assert.deepEqual(await own.clock.now(), clock);
        await own.clock.advance("P1D");
        await own.reset();
        assert.deepEqual(await own.clock.now(), clock);
      });
    }
  }));

/** Runs a check while an emulator runs. */
async function during(own, check) {
  try {
    await check(own);
  } finally {
    await own.stop();
  }
}

// Rules: DST-34.
test("an emulator that cannot start is reported in the words of the program", async () => {
  const wrong = { hubs: 3, regons: [REGION] };
  const error = await start({ scenario: wrong }).catch((error) => error);
  assert.ok(error instanceof StartError, String(error));
  assert.equal(error.exitCode, 2);
  for (const words of ["hubs", "regons", "did you mean"]) assert.ok(error.message.includes(words), error.message);
  await assert.rejects(start({ args: ["--no-such-flag"] }), /--no-such-flag/);
  await assert.rejects(start({ binary: "/nowhere" }), { name: "StartError", message: /cannot run \/nowhere/ });
  await assert.rejects(start({ scenaro: "x" }), { name: "TypeError", message: /no option scenaro; its options are / });
  await assert.rejects(start({ binary: "/bin/cat", timeout: 100 }), StartError);
});

// Rules: DST-34.
test("accounts are fresh, and their hubs are enabled if asked for", async () => {
  const account = await hub.account({ hub: true, regions: [REGION, "eu-west-1"] });
  assert.match(account.id, /^7\d{11}$/);
  for (const region of [REGION, "eu-west-1"]) {
    const { HubArn } = await new SecurityHub(account.config({ region })).describeHub({});
    assert.equal(HubArn, `arn:aws:securityhub:${region}:${account.id}:hub/default`);
  }
  const off = await hub.account();
  await assert.rejects(new SecurityHub(off.config()).describeHub({}), { name: "InvalidAccessException" });
  await off.enable();
  assert.deepEqual((await new SecurityHub(off.config()).getEnabledStandards({})).StandardsSubscriptions, []);
  // The scenario does not name this Region.
  await off.enable(["ap-south-1"]);
  const { HubArn } = await new SecurityHub(off.config({ region: "ap-south-1" })).describeHub({});
  assert.equal(HubArn, `arn:aws:securityhub:ap-south-1:${off.id}:hub/default`);
  assert.deepEqual(await hub.requests({ operation: "EnableSecurityHub" }), []);
  assert.equal((await hub.account({ id: MEMBER })).id, MEMBER);
  const many = await Promise.all(Array.from({ length: 1000 }, () => hub.account()));
  assert.equal(new Set(many.map((one) => one.id)).size, 1000);
});

// Rules: DST-34.
test("variables select an account for clients that the tested code creates", async () => {
  process.env.AWS_PROFILE = "missing";
  const account = await hub.account({ hub: true });
  const restore = account.setEnv();
  try {
    const { HubArn } = await new SecurityHub({}).describeHub({});
    assert.equal(HubArn, `arn:aws:securityhub:${REGION}:${account.id}:hub/default`);
    assert.equal(process.env.AWS_PROFILE, undefined);
  } finally {
    restore();
  }
  assert.equal(process.env.AWS_PROFILE, "missing");
  delete process.env.AWS_PROFILE;
  assert.equal(process.env.AWS_ACCESS_KEY_ID, undefined);
  assert.throws(() => account.setEnv({ regoin: REGION }), TypeError);
  assert.equal(process.env.AWS_ACCESS_KEY_ID, undefined);
  const variables = hub.env({ account: MEMBER, region: "eu-west-1" });
  assert.deepEqual([variables.AWS_ACCESS_KEY_ID, variables.AWS_REGION], [MEMBER, "eu-west-1"]);
  assert.deepEqual(account.env(), hub.env({ account }));
  assert.deepEqual(account.config(), hub.config({ account }));
});

// Rules: DST-34.
test("settings of the shell do not change where and how clients call", async () => {
  const shell = {
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
    AWS_USE_FIPS_ENDPOINT: "true",
    AWS_USE_DUALSTACK_ENDPOINT: "true",
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_ENDPOINT_URL_SECURITYHUB: "http://127.0.0.1:9",
    AWS_SESSION_TOKEN: "token",
    AWS_PROFILE: "missing",
    AWS_CREDENTIAL_EXPIRATION: "2020-01-01T00:00:00Z",
    AWS_CREDENTIAL_SCOPE: "scope",
    AWS_ACCOUNT_ID: MEMBER,
    AWS_MAX_ATTEMPTS: "none",
    AWS_RETRY_MODE: "none",
    AWS_DEFAULTS_MODE: "none",
    AWS_REGION: "eu-west-1",
  };
  const before = { ...process.env };
  Object.assign(process.env, shell);
  try {
    const account = await hub.account({ hub: true });
    const restore = account.setEnv();
    const { HubArn } = await new SecurityHub({}).describeHub({});
    assert.ok(HubArn.includes(account.id), HubArn);
    const { env } = process;
    // Clients of other services may need it.
    assert.equal(env.AWS_ENDPOINT_URL, shell.AWS_ENDPOINT_URL);
    restore();
    assert.deepEqual({ ...env }, { ...before, ...shell });
    // Retries are settings of the client itself.
    const retries = { maxAttempts: 1, retryMode: "standard", defaultsMode: "standard" };
    assert.equal((await new SecurityHub({ ...account.config(), ...retries }).describeHub({})).HubArn, HubArn);
    // Other processes inherit the variables of the shell.
    const script =
      'const { SecurityHub } = require("@aws-sdk/client-securityhub");' +
      "new SecurityHub({}).describeHub({}).then((hub) => console.log(hub.HubArn));";
    const { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT } = shell;
    const inherited = { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT };
    const variables = { ...inherited, ...account.env() };
    const { output, error } = await run(process.execPath, ["-e", script], { env: variables, cwd: WORK });
    assert.equal(output.trim(), HubArn, error);
  } finally {
    for (const name of Object.keys(shell)) delete process.env[name];
  }
});

// Rules: DST-34.
test("a reset returns to the start of the scenario or to an empty state", async () => {
  const before = await ids(client(ADMINISTRATOR));
  await hub.importFindings([finding("one", ADMINISTRATOR)]);
  assert.ok((await ids(client(ADMINISTRATOR))).includes("one"));
  await hub.reset();
  assert.deepEqual(await ids(client(ADMINISTRATOR)), before);
  await hub.reset({ to: "empty" });
  await assert.rejects(client(ADMINISTRATOR).describeHub({}), { name: "InvalidAccessException" });
});

// Rules: DST-34.
test("imported findings are stored, and a refused one is an error", async () => {
  assert.equal(await hub.importFindings([finding("one", ADMINISTRATOR), finding("two", ADMINISTRATOR)]), 2);
  const error = await hub.importFindings([finding("three", ADMINISTRATOR, { Title: "" })]).catch((error) => error);
  assert.ok(error instanceof ControlError, String(error));
  assert.match(error.message, /1 of 1 findings were refused; three: /);
  const stored = await ids(client(ADMINISTRATOR));
  assert.ok(stored.includes("one") && stored.includes("two") && !stored.includes("three"));
});

// Rules: DST-34.
test("events are read with filters, on as many pages as there are", async () => {
  const { Id } = await triage();
  const [event] = await hub.events({ account: MEMBER, detailType: "Security Hub Findings - Imported" });
  assert.equal(event.detail.findings[0].Id, Id);
  assert.equal((await hub.events({ pattern: { account: [MEMBER] }, wait: 5000, count: 1 })).length, 1);
  assert.deepEqual(await hub.events({ account: MEMBER, region: "eu-west-1" }), []);
  const many = Array.from({ length: 1100 }, (_, index) => finding(`many/${index}`, ADMINISTRATOR));
  await hub.importFindings(many);
  assert.ok((await hub.events({ account: ADMINISTRATOR })).length > 1000);
  assert.equal((await hub.events({ limit: 3 })).length, 3);
  // Without `wait`, `count` has no effect.
  assert.ok((await hub.events({ account: ADMINISTRATOR, count: 1, limit: undefined, wait: null })).length > 1000);
  const refused = { name: "ControlError", status: 400, message: /did you mean 'account'/ };
  await assert.rejects(hub.events({ acount: MEMBER }), refused);
});

// Rules: DST-34.
test("calls are listed and verified, and a failed verification shows the nearest call", async () => {
  await triage();
  const [call] = await hub.requests({ operation: "BatchUpdate*", account: ADMINISTRATOR });
  assert.equal(call.Input.Workflow.Status, "NOTIFIED");
  assert.equal((await hub.requests({ match: { Workflow: { Status: "NEW" } } })).length, 0);
  const match = { Workflow: { Status: "NOTIFIED" } };
  assert.equal(await hub.verify("BatchUpdateFindings", { match, account: ADMINISTRATOR, wait: "1s" }), 1);
  assert.equal(await hub.verify("BatchUpdateFindings", { max: 0, account: MEMBER }), 0);
  await assert.rejects(hub.verify("BatchUpdateFindings", { max: 0 }), { name: "AssertionError" });
  await assert.rejects(hub.verify("BatchUpdateFindings", { match: { Workflow: { Status: "RESOLVED" } } }), (error) => {
    assert.equal(error.name, "AssertionError");
    assert.match(error.message, /Input\.Workflow\.Status: expected "RESOLVED", found "NOTIFIED"/);
    return true;
  });
  const member = await hub.account({ id: MEMBER });
  assert.equal(await hub.verify("BatchUpdateFindings", { max: 0, account: member, match: null }), 0);
  assert.equal((await hub.requests({ account: member, operation: "GetFindings" })).length, 1);
  assert.ok((await hub.events({ account: member })).length > 0);
  const unknown = { name: "ControlError", message: /did you mean 'BatchUpdateFindings'/ };
  await assert.rejects(hub.verify("BatchUpdateFinding"), unknown);
});

// Rules: DST-34.
test("all calls are listed unless filters ask for a part of them", async () => {
  for (let call = 0; call < 110; call += 1) await client(ADMINISTRATOR).describeHub({});
  for (const filters of [{}, { count: 1 }, { newest: false }, { newest: undefined, limit: null }, { wait: null }]) {
    assert.equal((await hub.requests(filters)).length, 110, JSON.stringify(filters));
  }
  const [newest, ...others] = await hub.requests({ newest: true });
  assert.deepEqual([newest.Number, others.length], [(await hub.requests()).at(-1).Number, 99]);
  assert.equal((await hub.requests({ wait: "1s", count: 2, limit: 5 })).length, 5);
});

// Rules: DST-34.
test("the clock is read, advanced, set, frozen and started", async () => {
  const begin = await hub.clock.now();
  assert.deepEqual(begin, new Date("2026-01-15T09:00:00Z"));
  assert.equal((await hub.clock.advance("P1D")) - begin, 86_400_000);
  assert.equal((await hub.clock.advance(1500)) - begin, 86_401_500);
  const later = new Date("2026-02-01T00:00:00Z");
  assert.deepEqual(await hub.clock.set(later), later);
  await assert.rejects(hub.clock.set(begin), { name: "ControlError", status: 400 });
  await hub.clock.run();
  assert.equal((await hub.call("GET", "clock")).frozen, false);
  await hub.clock.freeze();
  assert.equal((await hub.call("GET", "clock")).frozen, true);
});

// Rules: DST-34.
test("faults make calls fail until they are cleared", async () => {
  const [fault] = await hub.faults.add({ Operation: "GetFindings", Error: { Code: "Throttle" }, Times: 1 });
  await hub.faults.add([{ Operation: "DescribeHub", Error: { Code: "Internal" } }]);
  await assert.rejects(client(MEMBER).getFindings({}), { name: "TooManyRequestsException" });
  await client(MEMBER).getFindings({});
  assert.deepEqual((await hub.faults.list()).map((one) => [one.Id, one.Fired]).at(0), [fault.Id, 1]);
  assert.equal(await hub.faults.clear({ id: fault.Id }), 1);
  assert.equal(await hub.faults.clear(), 1);
  await client(MEMBER).describeHub({});
});

// Rules: DST-34.
test("snapshots are saved, compared, restored and deleted", async () => {
  assert.equal((await hub.snapshots.save("before")).Name, "before");
  const found = await triage("RESOLVED");
  const { Findings } = await hub.snapshots.diff("before");
  assert.ok(Findings.Changed.some((one) => one.Id === found.Id));
  await hub.snapshots.save("after");
  assert.ok((await hub.snapshots.diff("before", "after")).Findings.Changed.length > 0);
  await hub.snapshots.restore("before");
  assert.deepEqual((await hub.snapshots.diff("before")).Findings.Changed, []);
  await hub.snapshots.delete("before");
  assert.deepEqual((await hub.snapshots.list()).map((one) => one.Name), ["after"]);
  await hub.snapshots.delete("after");
  await assert.rejects(hub.snapshots.restore("after"), { name: "ControlError", status: 404 });
});

// Rules: DST-34.
test("a second connection sees the same emulator and does not stop it", async () => {
  const other = await connect(`${hub.endpoint}/`);
  assert.deepEqual([other.endpoint, other.pid, other.version], [hub.endpoint, undefined, VERSION]);
  assert.deepEqual(await other.call("GET", "ready"), { Ready: true });
  assert.match(await other.call("GET", "/metrics"), /^securityhub_local_findings 67$/m);
  const scenario = await other.call("GET", "scenario", { query: { format: "json" } });
  assert.ok("state" in scenario, "a response in JSON is parsed");
  await other.stop();
  await hub.call("GET", "health");
  process.env.SECURITYHUB_LOCAL_URL = hub.endpoint;
  assert.equal((await connect()).port, hub.port);
  delete process.env.SECURITYHUB_LOCAL_URL;
  await assert.rejects(connect(), /SECURITYHUB_LOCAL_URL or AWS_ENDPOINT_URL_SECURITYHUB/);
  await assert.rejects(connect("http://127.0.0.1:9"), /no emulator answers at http:\/\/127\.0\.0\.1:9/);
});

// Rules: DST-34.
test("an emulator is stopped once, also by disposal", async () => {
  const own = await start();
  await Promise.all([own.stop(), own.stop()]);
  assert.ok(await isRefused(own.port));
  await own.stop();
  const disposed = await start();
  await disposed[Symbol.asyncDispose]();
  assert.ok(await isRefused(disposed.port));
});

// Rules: DST-34.
test("the library can be required, and the program can be selected", async () => {
  const required = createRequire(import.meta.url)("securityhub-local");
  assert.equal(required.start, start);
  assert.equal(findBinary("/x"), "/x");
  process.env.SECURITYHUB_LOCAL_BINARY = BINARY;
  assert.equal(findBinary(), BINARY);
  process.env.SECURITYHUB_LOCAL_BINARY = "";
  assert.match(findBinary(), /node_modules/);
  delete process.env.SECURITYHUB_LOCAL_BINARY;
  assert.match(findBinary(), /node_modules\/@securityhub-local\/.*\/bin\/securityhub-local$/);
});

// Rules: DST-34.
test("neither settings of the program nor Ctrl-C in a terminal reach an emulator", async () => {
  process.env.SECURITYHUB_LOCAL_SCENARIO = "builtin:quickstart";
  const empty = await start();
  delete process.env.SECURITYHUB_LOCAL_SCENARIO;
  const administrator = new SecurityHub({ ...empty.config({ account: ADMINISTRATOR }), maxAttempts: 1 });
  await assert.rejects(administrator.describeHub({}), { name: "InvalidAccessException" });
  // A terminal sends SIGINT to the processes of a group. The third field after the name is the group.
  const [, , group] = readFileSync(`/proc/${empty.pid}/stat`, "utf8").split(") ")[1].split(" ");
  assert.equal(Number(group), empty.pid);
  await empty.stop();
});

// Rules: DST-34.
test("many emulators start quickly at the same time", async () => {
  const begin = performance.now();
  const all = await Promise.all(Array.from({ length: 8 }, () => start({ scenario: "builtin:quickstart" })));
  const milliseconds = performance.now() - begin;
  assert.equal(new Set(all.map((one) => one.port)).size, 8);
  await Promise.all(all.map((one) => one.stop()));
  assert.ok(milliseconds < 5000, `${milliseconds} ms`);
});
