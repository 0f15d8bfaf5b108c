// What the tests share: processes, installed packages, and what answers at a port.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const { PACKAGES, REPOSITORY, BINARY } = process.env;
export const WORK = import.meta.dirname;
export const VERSION = JSON.parse(readFileSync(join(REPOSITORY, "packages/npm/package.json"), "utf8")).version;
export const ADMINISTRATOR = "111111111111";
export const MEMBER = "222222222222";

/** The variables of this process without settings of AWS, the emulator and Node. */
export function clean(variables = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|SECURITYHUB_|NODE_|npm_)/.test(name));
  return { ...Object.fromEntries(kept), ...variables };
}

/** Runs a program to its end, at most two minutes. Returns its exit code, signal and output. */
export function run(program, args, { env, ...options } = {}) {
  const stdio = ["ignore", "pipe", "pipe"];
  const child = spawn(program, args, { stdio, env: clean(env), timeout: 120_000, killSignal: "SIGKILL", ...options });
  return ended(child);
}

/** Starts a program in a process group of its own, which ends with the test. */
export function launch(t, program, args, { env, ...options } = {}) {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(program, args, { stdio, env: clean(env), detached: true, ...options });
  t.after(() => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // All of its processes have ended.
    }
  });
  return child;
}

/** The exit code, the signal and the output of a process when it has ended. */
export function ended(child) {
  const texts = { output: "", error: "" };
  child.stdout?.setEncoding("utf8").on("data", (text) => (texts.output += text));
  child.stderr?.setEncoding("utf8").on("data", (text) => (texts.error += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...texts }));
  });
}

/** The first line that a program prints. */
export function firstLine(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (more) => {
      text += more;
      if (text.includes("\n")) resolve(text.split("\n")[0]);
    });
    child.on("close", (code) => reject(new Error(`ended with ${code} after ${text}`)));
  });
}

export function portOf(line) {
  return Number(/:(\d+)$/.exec(line.trim())[1]);
}

function isOpen(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

/** Waits up to two seconds until a port refuses connections. */
export async function isRefused(port) {
  for (const end = Date.now() + 2000; Date.now() < end; ) {
    if (!(await isOpen(port))) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}

/** Runs a function with a temporary folder. */
export async function inFolder(check) {
  const folder = mkdtempSync(join(tmpdir(), "npm-tests-"));
  try {
    return await check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The files that pack.mjs has written: the main package, and the package of this platform. */
export function packages() {
  const files = readdirSync(PACKAGES).map((name) => join(PACKAGES, name));
  const main = files.find((file) => file.endsWith(`/securityhub-local-${VERSION}.tgz`));
  return { main, platform: files.find((file) => file !== main) };
}

/** Writes a program that only prints the version. It is packed faster than a debug build. */
export function writeProgram(file) {
  writeFileSync(file, `#!/bin/sh\necho securityhub-local ${VERSION}\n`, { mode: 0o755 });
  return file;
}

/** Installs packages into an empty folder, without a registry and without the cache of this machine. */
export async function install(folder, ...args) {
  writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
  const registry = ["--registry", "http://127.0.0.1:9", "--fetch-retries", "0", "--cache", join(folder, "cache")];
  const command = ["install", "--no-audit", "--no-fund", ...registry, ...args];
  const { code, error } = await run("npm", command, { cwd: folder });
  if (code !== 0) throw new Error(error);
}

export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

/** The only element of a list. */
export function only(list) {
  if (list.length !== 1) throw new Error(`expected one element: ${JSON.stringify(list)}`);
  return list[0];
}
