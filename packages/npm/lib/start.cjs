// Starts the program `serve` and waits until it is ready.
"use strict";

const { spawn } = require("node:child_process");
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { fileURLToPath } = require("node:url");
const { isDate } = require("node:util").types;

const { cannotRun, findBinary } = require("./binary.cjs");
const { Client } = require("./client.cjs");
const { Emulator, connect, versionOf } = require("./emulator.cjs");
const { checkOptions, forms } = require("./forms.cjs");

const OPTIONS = {
  scenario: forms.scenario,
  port: forms.port,
  host: forms.text,
  clock: forms.time,
  args: forms.texts,
  binary: forms.binary,
  timeout: forms.timeout,
};
/** The longest time of a timer of Node, 24 days. */
const MAXIMUM_MILLISECONDS = 2 ** 31 - 1;
/** Time for a graceful end, in milliseconds. */
const STOP_MILLISECONDS = 1000;

/** The program could not start. The message contains what it printed, such as all errors of a scenario. */
class StartError extends Error {
  constructor(message, exitCode) {
    super(message);
    this.name = "StartError";
    this.exitCode = exitCode;
  }
}

/** A process that runs the program. It ends with this process, because its standard input is then closed. */
class Program {
  #child;
  #stopped;

  constructor(child) {
    this.#child = child;
    this.pid = child.pid;
    // It does not keep this process alive.
    for (const part of [child, child.stdin, child.stdout, child.stderr]) part.unref?.();
  }

  stop() {
    this.#stopped ??= new Promise((resolve) => {
      const child = this.#child;
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      child.ref();
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MILLISECONDS);
      child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      child.stdin.end();
    });
    return this.#stopped;
  }
}

/** Starts an emulator. */
async function start(options = {}) {
  checkOptions("start()", options, OPTIONS);
  const { port = 0, host = "127.0.0.1", args = [], timeout = 10_000 } = options;
  const binary = findBinary(options.binary);
  const { files, remove } = scenarioFiles(options);
  try {
    const scenarios = files.flatMap((file) => ["--scenario", file]);
    const command = ["serve", "--stop-with-stdin", "--port", String(port), "--host", host, ...scenarios, ...args];
    const child = spawn(binary, command, {
      env: environment(),
      stdio: ["pipe", "pipe", "pipe"],
      // Ctrl-C only reaches this process, which stops the program after it has used it for the last time.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    child.stdin.on("error", () => {});
    const client = new Client(await ready(child, binary, Math.min(timeout, MAXIMUM_MILLISECONDS)));
    const program = new Program(child);
    return new Emulator(client, await versionOf(client), program);
  } finally {
    remove();
  }
}

/**
 * Checks the options of a global setup. Returns a function that starts the emulator of a test run, or connects to the running
 * one at `endpoint`.
 */
function forRun(options = {}) {
  const { endpoint, ...others } = checkOptions("globalSetup()", options, { endpoint: forms.endpoint, ...OPTIONS });
  if (endpoint === undefined) return () => start(others);
  const [unused] = Object.keys(others);
  if (unused) throw new TypeError(`globalSetup() expects either endpoint or options of start(); found endpoint and ${unused}`);
  return () => connect(endpoint);
}

/** The variables of this process without settings of `serve`, which would apply to every emulator of this process. */
function environment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SECURITYHUB_LOCAL_")));
}

/** The scenario as arguments of the program. Objects become temporary files, and the clock is a further scenario. */
function scenarioFiles({ scenario = [], clock }) {
  const all = [scenario].flat();
  if (clock !== undefined) {
    all.push({ clock: { now: isDate(clock) ? clock.toISOString() : clock, frozen: true } });
  }
  let folder;
  const files = all.map((one, index) => {
    if (one instanceof URL) return fileURLToPath(one);
    if (typeof one === "string") return one;
    folder ??= mkdtempSync(join(tmpdir(), "securityhub-local-"));
    const file = join(folder, `scenario-${index + 1}.json`);
    writeFileSync(file, JSON.stringify(one, null, 2));
    return file;
  });
  const remove = () => folder && rmSync(folder, { recursive: true, force: true });
  return { files, remove };
}

/** Waits for the line that names the endpoint, and returns the endpoint. */
function ready(child, binary, timeout) {
  return new Promise((resolve, reject) => {
    let output = "";
    let errors = "";
    let isReady = false;
    const fail = (message, code) => {
      clearTimeout(timer);
      reject(new StartError(message, code));
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`securityhub-local is not ready after ${timeout} ms\n${errors}`.trim());
    }, timeout);
    child.on("error", (error) => fail(cannotRun(binary, error)));
    // All output has been read.
    child.on("close", (code) => fail(errors.trim() || `securityhub-local ended with exit code ${code}`, code ?? undefined));
    child.stderr.setEncoding("utf8").on("data", (text) => {
      if (isReady) process.stderr.write(text);
      else errors += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text) => {
      if (isReady) return;
      output += text;
      if (!output.includes("\n")) return;
      isReady = true;
      process.stderr.write(errors);
      clearTimeout(timer);
      const endpoint = endpointOf(output.slice(0, output.indexOf("\n")));
      if (endpoint) return resolve(endpoint);
      child.kill("SIGKILL");
      fail(`securityhub-local does not name its endpoint: ${output}`);
    });
  });
}

/** The endpoint in the first line of output: text, or an object with `--log json`. */
function endpointOf(line) {
  const url = /AWS_ENDPOINT_URL_SECURITYHUB=(\S+)/.exec(line)?.[1] ?? /"endpoint": ?"([^"]+)"/.exec(line)?.[1];
  return url?.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}

module.exports = { StartError, forRun, start };
