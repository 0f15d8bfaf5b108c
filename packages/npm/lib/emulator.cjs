// A running emulator: one method for each kind of call of its control plane.
"use strict";

const { AssertionError } = require("node:assert");

const { Account, config, env, freshId, setEnv } = require("./account.cjs");
const { Client, ControlError } = require("./client.cjs");

/** The largest page that the control plane returns. */
const PAGE = 1000;

/** `detailType` as the control plane spells it, with values as text. */
function query(parameters) {
  const sent = Object.entries(parameters).filter(([, value]) => value !== undefined);
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
  return value instanceof Date ? value.toISOString() : value;
}

function path(name) {
  return encodeURIComponent(name);
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
    return this.#change({ advance: duration(by) });
  }

  async set(to) {
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
    const body = Array.isArray(rule) ? { Faults: rule } : rule;
    return (await this.#client.call("POST", "/_emulator/faults", { body })).Faults;
  }

  async list() {
    return (await this.#client.call("GET", "/_emulator/faults")).Faults;
  }

  /** Deletes the fault with an ID, the faults of a test, or all. Returns their number. */
  async clear(selection = {}) {
    return (await this.#client.call("DELETE", "/_emulator/faults", { query: query(selection) })).Deleted;
  }
}

class Snapshots {
  #client;

  constructor(client) {
    this.#client = client;
  }

  save(name) {
    return this.#client.call("PUT", `/_emulator/snapshots/${path(name)}`);
  }

  async restore(name) {
    await this.#client.call("POST", `/_emulator/snapshots/${path(name)}/restore`);
  }

  /** Compares a snapshot with another one, or with the current state. */
  diff(from, to) {
    return this.#client.call("GET", `/_emulator/snapshots/${path(from)}/diff`, { query: query({ to }) });
  }

  async list() {
    return (await this.#client.call("GET", "/_emulator/snapshots")).Snapshots;
  }

  async delete(name) {
    await this.#client.call("DELETE", `/_emulator/snapshots/${path(name)}`);
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
  async account({ id, hub = false, regions } = {}) {
    const account = new Account(this.#client, id ?? freshId());
    return hub ? account.enable(regions) : account;
  }

  /** Settings of an AWS SDK client that calls as an account. */
  config({ account, region } = {}) {
    return config(this.endpoint, account, region);
  }

  /** The variables with which AWS clients call as an account. */
  env({ account, region } = {}) {
    return env(this.endpoint, account, region);
  }

  /** Sets these variables in this process, and returns a function that restores them. */
  setEnv(options) {
    return setEnv(this.env(options));
  }

  /** Returns to the start of the scenario, or to `empty`. */
  async reset({ to } = {}) {
    await this.#client.call("POST", "/_emulator/reset", { query: query({ to }) });
  }

  /** The events that EventBridge has received, oldest first. */
  events(filters = {}) {
    return this.#pages("/_emulator/events", "Events", filters);
  }

  /** The recorded API calls, oldest first. */
  requests(filters = {}) {
    return this.#pages("/_emulator/requests", "Requests", filters);
  }

  /** Reads all pages, unless the filters limit or wait for a number of elements. */
  async #pages(path, member, filters) {
    const isOnePage = ["limit", "count", "wait", "newest"].some((name) => filters[name] !== undefined);
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
    const call = ["POST", "/_emulator/requests/verify"];
    const { status, body } = await this.#client.send(...call, { body: expectation(operation, options) });
    if (status === 422) throw new AssertionError({ message: unverified(body), stackStartFn: this.verify });
    if (status >= 400) throw new ControlError(call.join(" "), status, body);
    return body.Count;
  }

  /** Imports findings as if their products had sent them. Returns their number, and fails if one of them is refused. */
  async importFindings(findings) {
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
  call(method, path, { body, query: parameters = {} } = {}) {
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

/** Connects to a running emulator, which `stop` does not stop. */
async function connect(endpoint = endpointOfVariables()) {
  const client = new Client(endpoint);
  const { version } = await client.call("GET", "/_emulator/health");
  return new Emulator(client, version);
}

module.exports = { Emulator, connect };
