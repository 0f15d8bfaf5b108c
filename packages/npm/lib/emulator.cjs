// A running emulator: one method for each kind of call of its control plane.
"use strict";

const { AssertionError } = require("node:assert");
const { isDate } = require("node:util").types;

const { Account, config, env, freshId, setEnv } = require("./account.cjs");
const { Client, ControlError } = require("./client.cjs");
const { check, checkOptions, forms, idOf } = require("./forms.cjs");

/** The largest page that the control plane returns. */
const PAGE = 1000;
/** The account and the Region of calls. */
const CALLER = { account: forms.account, region: forms.text };

/** `detailType` as the control plane spells it, with values as text. */
function query(parameters) {
  const sent = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null);
  const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries(sent.map(([name, value]) => [kebab(name), text(name, value)]));
}

function text(name, value) {
  if (name === "wait") return duration(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Numbers are milliseconds. */
function duration(value) {
  return typeof value === "number" ? `${value}ms` : value;
}

function time(value) {
  return isDate(value) ? value.toISOString() : value;
}

/** The path of a snapshot. */
function snapshot(call, name) {
  return `/_emulator/snapshots/${encodeURIComponent(check(call, "the name", name, forms.text))}`;
}

/**
 * The filters that are present: undefined, null and false are absent. The emulator knows their names, and its errors suggest
 * similar ones.
 */
function filtersOf(call, filters) {
  check(call, "its filters", filters, forms.object);
  const present = Object.entries(filters).filter(([, value]) => value !== undefined && value !== null && value !== false);
  return Object.fromEntries(present.map(([name, value]) => [name, name === "account" ? idOf(value) : value]));
}

/** The members of a verification in the spelling of the control plane. */
function expectation(operation, { match, min, max, wait, error, ...filters }) {
  const Times = { Min: min ?? (max === 0 ? 0 : 1), Max: max };
  const members = Object.entries(filters).map(([name, value]) => [name[0].toUpperCase() + name.slice(1), value]);
  const more = Object.fromEntries(members);
  return { Operation: operation, Match: match, ErrorCode: error, Wait: duration(wait), Times, ...more };
}

/** The message of a failed verification, followed by the calls that are nearest to the expected one. */
function unverified({ Message, Nearest = [] }) {
  const lines = Nearest.flatMap(({ Number, Operation, Account, Region, Status, Differences = [] }) => [
    `  call ${Number}: ${Operation ?? "-"} of ${Account ?? "-"} in ${Region ?? "-"}, status ${Status ?? "-"}`,
    ...Differences.map(({ Path, Expected, Actual }) => {
      const found = Actual === undefined ? "nothing" : JSON.stringify(Actual);
      return `    ${Path}: expected ${JSON.stringify(Expected)}, found ${found}`;
    }),
  ]);
  return [Message, ...lines].join("\n");
}

class Clock {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async now() {
    return new Date((await this.#client.call("GET", "/_emulator/clock")).now);
  }

  /** Advances the clock by a duration, such as `P3D`, `36h` or a number of milliseconds. Returns the new time. */
  async advance(by) {
    check("clock.advance()", "the duration", by, forms.duration);
    return this.#change({ advance: duration(by) });
  }

  async set(to) {
    check("clock.set()", "the time", to, forms.time);
    return this.#change({ set: time(to) });
  }

  async freeze() {
    return this.#change({ frozen: true });
  }

  async run() {
    return this.#change({ frozen: false });
  }

  async #change(body) {
    return new Date((await this.#client.call("POST", "/_emulator/clock", { body })).now);
  }
}

class Faults {
  #client;

  constructor(client) {
    this.#client = client;
  }

  /** Adds a fault or a list of faults. Returns them with their IDs. */
  async add(rule) {
    check("faults.add()", "its argument", rule, forms.faults);
    const body = Array.isArray(rule) ? { Faults: rule } : rule;
    return (await this.#client.call("POST", "/_emulator/faults", { body })).Faults;
  }

  async list() {
    return (await this.#client.call("GET", "/_emulator/faults")).Faults;
  }

  /** Deletes the fault with an ID, the faults of a test, or all. Returns their number. */
  async clear(selection = {}) {
    checkOptions("faults.clear()", selection, { id: forms.text, test: forms.text });
    return (await this.#client.call("DELETE", "/_emulator/faults", { query: query(selection) })).Deleted;
  }
}

class Snapshots {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async save(name) {
    return this.#client.call("PUT", snapshot("snapshots.save()", name));
  }

  async restore(name) {
    await this.#client.call("POST", `${snapshot("snapshots.restore()", name)}/restore`);
  }

  /** Compares a snapshot with another one, or with the current state. */
  async diff(from, to) {
    if (to !== undefined) check("snapshots.diff()", "the name of the other snapshot", to, forms.text);
    return this.#client.call("GET", `${snapshot("snapshots.diff()", from)}/diff`, { query: query({ to }) });
  }

  async list() {
    return (await this.#client.call("GET", "/_emulator/snapshots")).Snapshots;
  }

  async delete(name) {
    await this.#client.call("DELETE", snapshot("snapshots.delete()", name));
  }
}

class Emulator {
  #client;
  #process;

  constructor(client, version, process) {
    this.#client = client;
    this.#process = process;
    this.endpoint = client.endpoint;
    this.port = Number(new URL(client.endpoint).port);
    this.pid = process?.pid;
    this.version = version;
    this.clock = new Clock(client);
    this.faults = new Faults(client);
    this.snapshots = new Snapshots(client);
  }

  /** An account; by default one that nothing else uses. With `hub`, its hub is enabled in the Regions. */
  async account(options = {}) {
    checkOptions("account()", options, { id: forms.account, hub: forms.flag, regions: forms.texts });
    const { id = freshId(), hub = false, regions } = options;
    const account = new Account(this.#client, idOf(id));
    return hub ? account.enable(regions) : account;
  }

  /** Settings of an AWS SDK client that calls as an account. */
  config(options = {}) {
    return config(this.endpoint, checkOptions("config()", options, CALLER));
  }

  /** The variables with which AWS clients call as an account. */
  env(options = {}) {
    return env(this.endpoint, checkOptions("env()", options, CALLER));
  }

  /** Sets these variables in this process, and returns a function that restores them. */
  setEnv(options = {}) {
    return setEnv(env(this.endpoint, checkOptions("setEnv()", options, CALLER)));
  }

  /** Returns to the start of the scenario, or to `empty`. */
  async reset(options = {}) {
    const { to } = checkOptions("reset()", options, { to: forms.text });
    await this.#client.call("POST", "/_emulator/reset", { query: query({ to }) });
  }

  /** The events that EventBridge has received, oldest first. */
  async events(filters = {}) {
    return this.#pages("/_emulator/events", "Events", filtersOf("events()", filters));
  }

  /** The recorded API calls, oldest first. */
  async requests(filters = {}) {
    return this.#pages("/_emulator/requests", "Requests", filtersOf("requests()", filters));
  }

  /** Reads all pages, unless the filters limit the number of elements, wait, or begin with the newest element. */
  async #pages(path, member, filters) {
    const isOnePage = ["limit", "wait", "newest"].some((name) => name in filters);
    const read = (more) => this.#client.call("GET", path, { query: query({ ...filters, ...more }) });
    if (isOnePage) return (await read({}))[member];
    const all = [];
    for (let after = filters.after ?? 0; ;) {
      const page = await read({ after, limit: PAGE });
      all.push(...page[member]);
      // Lists of calls do not say whether there are more.
      const hasMore = page.More ?? page[member].length === PAGE;
      if (!hasMore) return all;
      after = page.Last;
    }
  }

  /** Checks that calls of an operation were made; fails with the nearest calls. Returns their number. */
  async verify(operation, options = {}) {
    check("verify()", "the operation", operation, forms.text);
    const call = ["POST", "/_emulator/requests/verify"];
    const { status, body } = await this.#client.send(...call, { body: expectation(operation, filtersOf("verify()", options)) });
    if (status === 422) throw new AssertionError({ message: unverified(body), stackStartFn: this.verify });
    if (status >= 400) throw new ControlError(call.join(" "), status, body);
    return body.Count;
  }

  /** Imports findings as if their products had sent them. Returns their number, and fails if one of them is refused. */
  async importFindings(findings) {
    check("importFindings()", "its argument", findings, forms.findings);
    const path = "/_emulator/findings";
    const answer = await this.#client.call("POST", path, { body: findings });
    const [failed] = answer.FailedFindings;
    if (failed) {
      const refused = `${answer.FailedCount} of ${findings.length} findings were refused`;
      const Message = `${refused}; ${failed.Id}: ${failed.ErrorMessage}`;
      throw new ControlError(`POST ${path}`, 200, { Message, ...answer });
    }
    return answer.SuccessCount;
  }

  /** Makes any call of the control plane, such as `call("GET", "status")` or `call("GET", "/metrics")`. */
  async call(method, path, options = {}) {
    check("call()", "the method", method, forms.text);
    check("call()", "the path", path, forms.text);
    const { body, query: parameters = {} } = checkOptions("call()", options, { body: forms.any, query: forms.object });
    const whole = path.startsWith("/") ? path : `/_emulator/${path}`;
    return this.#client.call(method, whole, { body, query: query(parameters) });
  }

  /** Stops the emulator, if `start` has started it. */
  async stop() {
    this.#client.close();
    await this.#process?.stop();
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.stop();
  }
}

/** The endpoint of the variables that the program's own commands read. */
function endpointOfVariables() {
  const names = ["SECURITYHUB_LOCAL_URL", "AWS_ENDPOINT_URL_SECURITYHUB"];
  const name = names.find((name) => process.env[name]);
  if (name) return process.env[name];
  throw new Error(`connect() needs the URL of an emulator, or the variable ${names.join(" or ")}`);
}

/** Time limit for the first answer of a server that may not be an emulator, in seconds. */
const FIRST = 10;

/** The version of the emulator that a client calls. */
async function versionOf(client) {
  // Errors with these codes are those of a response that is not HTTP.
  const notHttp = (error) => (error.code?.startsWith("HPE_") ? {} : Promise.reject(error));
  const { body } = await client.send("GET", "/_emulator/health", { seconds: FIRST }).catch(notHttp);
  if (typeof body?.version === "string") return body.version;
  throw new Error(`the server at ${client.endpoint} is not an emulator of Security Hub`);
}

/** Connects to a running emulator, which `stop` does not stop. */
async function connect(endpoint = endpointOfVariables()) {
  const client = new Client(check("connect()", "the endpoint", endpoint, forms.endpoint));
  return new Emulator(client, await versionOf(client));
}

module.exports = { Emulator, connect, versionOf };
