#!/usr/bin/env node
// Runs the program with the given arguments, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");

const { cannotRun, findBinary } = require("../lib/binary.cjs");

const STOP = "--stop-with-stdin";
const PARENT_MILLISECONDS = 250;

function run() {
  const args = process.argv.slice(2);
  const command = args.findIndex((argument) => !argument.startsWith("-"));
  // A server ends with this process, even if this process is killed: its standard input is then closed.
  const isServer = args[command] === "serve" && !args.includes(STOP);
  if (isServer) args.splice(command + 1, 0, STOP);
  const binary = findBinary();
  const child = spawn(binary, args, { stdio: [isServer ? "pipe" : "inherit", "inherit", "inherit"], windowsHide: true });
  const signals = process.platform === "win32" ? [] : ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  // On Windows, a console sends Ctrl-C to both processes.
  if (process.platform === "win32") process.on("SIGINT", () => {});
  if (isServer && process.env.npm_command === "exec") endWithNpx(child);
  child.on("error", (error) => fail(cannotRun(binary, error)));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/**
 * Ends the server with `npx`, which runs this process in a shell. A shell does not pass signals on, and remains if `npx` is
 * killed. Some shells replace themselves with this process; its parent is then `npx`.
 */
function endWithNpx(child) {
  const parent = process.ppid;
  const isShell = argumentsOf(parent)[1] === "-c";
  const npx = isShell ? parentOf(parent) : undefined;
  const hasEnded = () => process.ppid !== parent || (isShell && parentOf(parent) !== npx);
  setInterval(() => hasEnded() && child.kill("SIGTERM"), PARENT_MILLISECONDS);
}

/** The command line of a process on Linux, the only system whose default shell may not replace itself. */
function argumentsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** The parent of a process on Linux. */
function parentOf(pid) {
  try {
    // The name of the process is in parentheses, and may contain some.
    return /.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))[1];
  } catch {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`securityhub-local: ${message}\n`);
  process.exitCode = 1;
}

try {
  run();
} catch (error) {
  fail(error.message);
}
