// Wrong arguments of the library, each with the message that names what is expected and what was found.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { chmodSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { after, before, test } from "node:test";

import { connect, findBinary, start } from "securityhub-local";
import { globalSetup as jestSetup } from "securityhub-local/jest";
import { globalSetup as vitestSetup } from "securityhub-local/vitest/setup";

import { BINARY, MEMBER, inFolder } from "./support.mjs";

let hub, account;

before(async () => {
  hub = await start({ scenario: "builtin:quickstart" });
  account = await hub.account();
});
after(() => hub.stop());

/** Checks that calls fail with a TypeError that contains some words, whether they throw it or return a promise. */
async function refuse(calls) {
  for (const [call, words] of calls) {
    const error = await (async () => call())().catch((error) => error);
    assert.ok(error instanceof TypeError, `${call}: ${error}`);
    assert.ok(error.message.includes(words), `${call}: ${error.message}`);
  }
}

// Rules: DST-34.
test("wrong options of a start are refused", () =>
  refuse([
    [() => start("builtin:quickstart"), "start() expects an object with options (scenario, port, "],
    [() => start("builtin:quickstart"), "; found 'builtin:quickstart'"],
    [() => start(null), "found null"],
    [() => start([]), "found []"],
    [() => start({ scenaro: "x" }), "start() has no option scenaro; its options are scenario, port, "],
    [() => start({ scenario: null }), 'start() expects scenario to be a path, "builtin:NAME", a URL, an object, or an array'],
    [() => start({ scenario: [null] }), "found [ null ]"],
    [() => start({ scenario: "" }), "found ''"],
    [() => start({ scenario: 5 }), "found 5"],
    [() => start({ args: "--tls" }), "start() expects args to be an array of strings; found '--tls'"],
    [() => start({ args: [5] }), "found [ 5 ]"],
    [() => start({ timeout: "5" }), "start() expects timeout to be a positive number of milliseconds; found '5'"],
    [() => start({ timeout: -1 }), "found -1"],
    [() => start({ timeout: NaN }), "found NaN"],
    [() => start({ port: 80_000 }), "start() expects port to be an integer from 0 to 65535; found 80000"],
    [() => start({ host: 5 }), "start() expects host to be "],
    [() => start({ clock: new Date("x") }), "start() expects clock to be a valid Date, or a time in ISO 8601; found Invalid Date"],
    [() => start({ binary: "" }), "start() expects binary to be the path of the program; found ''"],
    [() => findBinary(5), "findBinary() expects its argument to be the path of the program; found 5"],
  ]));

// Rules: DST-34.
test("wrong accounts and Regions are refused", () =>
  refuse([
    [() => hub.account(MEMBER), "account() expects an object with options (id, hub, regions); found '222222222222'"],
    [() => hub.account({ id: "12" }), "account() expects id to be an account ID of 12 digits, or an account; found '12'"],
    [() => hub.account({ id: 222222222222 }), "found 222222222222"],
    [() => hub.account({ hub: "yes" }), "account() expects hub to be true or false; found 'yes'"],
    [() => hub.account({ hub: true, regions: "us-east-1" }), "account() expects regions to be an array of strings"],
    [() => hub.config({ acount: MEMBER }), "config() has no option acount; its options are account, region"],
    [() => hub.config({ account: "12" }), "config() expects account to be an account ID of 12 digits"],
    [() => hub.config({ account: null }), "found null"],
    [() => hub.config(MEMBER), "config() expects an object with options (account, region)"],
    [() => hub.config(account), "config() has no option id"],
    [() => hub.env({ accunt: MEMBER }), "env() has no option accunt"],
    [() => hub.setEnv({ region: 5 }), "setEnv() expects region to be a string that is not empty; found 5"],
    [() => account.config("us-east-1"), "config() expects an object with options (region)"],
    [() => account.env({ account: MEMBER }), "env() has no option account; its options are region"],
    [() => account.enable("us-east-1"), "enable() expects regions to be an array of strings; found 'us-east-1'"],
  ]));

// Rules: DST-34.
test("wrong arguments of the other methods are refused", () =>
  refuse([
    [() => hub.reset("empty"), "reset() expects an object with options (to); found 'empty'"],
    [() => hub.reset({ too: "empty" }), "reset() has no option too"],
    [() => hub.reset(null), "found null"],
    [() => hub.importFindings({ Id: "x" }), "importFindings() expects its argument to be an array of findings; found { Id: 'x' }"],
    [() => hub.importFindings(), "found undefined"],
    [() => hub.events("x"), "events() expects its filters to be an object; found 'x'"],
    [() => hub.requests("GetFindings"), "requests() expects its filters to be an object"],
    [() => hub.verify(), "verify() expects the operation to be a string that is not empty; found undefined"],
    [() => hub.verify("GetFindings", 1), "verify() expects its filters to be an object; found 1"],
    [() => hub.clock.advance(), "clock.advance() expects the duration to be a duration such as"],
    [() => hub.clock.set(new Date("x")), "clock.set() expects the time to be a valid Date"],
    [() => hub.faults.add(), "faults.add() expects its argument to be a fault, or an array of faults; found undefined"],
    [() => hub.faults.clear("id"), "faults.clear() expects an object with options (id, test); found 'id'"],
    [() => hub.faults.clear({ ID: "x" }), "faults.clear() has no option ID"],
    [() => hub.snapshots.save(), "snapshots.save() expects the name to be a string that is not empty; found undefined"],
    [() => hub.snapshots.restore(""), "snapshots.restore() expects the name to be "],
    [() => hub.snapshots.diff(), "snapshots.diff() expects the name to be "],
    [() => hub.snapshots.diff("start", 5), "snapshots.diff() expects the name of the other snapshot to be "],
    [() => hub.snapshots.delete(null), "snapshots.delete() expects the name to be "],
    [() => hub.call("GET"), "call() expects the path to be "],
    [() => hub.call("GET", "status", { qery: {} }), "call() has no option qery; its options are body, query"],
    [() => hub.call("GET", "status", { query: "a=b" }), "call() expects query to be an object"],
    [() => connect("foo"), "connect() expects the endpoint to be a URL such as http://127.0.0.1:4600; found 'foo'"],
    [() => connect("ftp://127.0.0.1"), "connect() expects the endpoint to be a URL"],
  ]));

// Rules: DST-35.
test("wrong options of a global setup are refused", () =>
  refuse(
    [jestSetup, vitestSetup].flatMap((globalSetup) => [
      [() => globalSetup("builtin:quickstart"), "globalSetup() expects an object with options (endpoint, scenario, "],
      [() => globalSetup({ scenaro: "x" }), "globalSetup() has no option scenaro"],
      [() => globalSetup({ endpoint: "foo" }), "globalSetup() expects endpoint to be a URL"],
      [
        () => globalSetup({ endpoint: hub.endpoint, scenario: "builtin:quickstart" }),
        "globalSetup() expects either endpoint or options of start(); found endpoint and scenario",
      ],
    ]),
  ));

// Rules: DST-34.
test("a file that is not a program is reported, and a path is relative to the current folder", () =>
  inFolder(async (folder) => {
    const text = join(folder, "text.json");
    writeFileSync(text, "{}");
    const own = (name) => relative(process.cwd(), join(folder, name));
    for (const [binary, message] of [
      [own("text.json"), `cannot run ${text}: it is not an executable file`],
      [folder, `cannot run ${folder}: it is not an executable file`],
      [own("missing"), `cannot run ${join(folder, "missing")}: no such file`],
    ]) {
      await assert.rejects(start({ binary }), { name: "StartError", message });
    }
    const script = join(folder, "script");
    writeFileSync(script, "#!/nowhere\n");
    chmodSync(script, 0o755);
    await assert.rejects(start({ binary: script }), { name: "StartError", message: /the loader that it needs is missing/ });
    symlinkSync(BINARY, join(folder, "program"));
    assert.equal(findBinary(own("program")), join(folder, "program"));
    const started = await start({ binary: own("program"), timeout: Infinity });
    await started.stop();
  }));

/** Runs a check with the URL of a server. */
async function withServer(server, check) {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await check(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.close();
    server.closeAllConnections?.();
  }
}

// Rules: DST-34.
test("a server that does not answer is not waited for", async () => {
  await withServer(createTcpServer(() => {}), async (url) => {
    await assert.rejects(connect(url), { message: `the server at ${url} has not answered within 10 seconds` });
  });
});

// Rules: DST-34.
test("a server that is not an emulator is refused", async () => {
  const json = { "content-type": "application/json" };
  for (const server of [
    createServer((_, response) => response.end("hello")),
    createServer((_, response) => response.writeHead(404).end()),
    createServer((_, response) => response.writeHead(200, json).end('{ "status": "ok" }')),
    createServer((_, response) => response.writeHead(200, json).end("null")),
    createServer((_, response) => response.writeHead(200, json).end("{ not JSON")),
    createTcpServer((socket) => socket.end("220 mail\r\n")),
  ]) {
    await withServer(server, async (url) => {
      await assert.rejects(connect(url), { message: `the server at ${url} is not an emulator of Security Hub` });
    });
  }
});
