#!/usr/bin/env node
// Runs the program with the given arguments, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");

const { findBinary } = require("../lib/binary.cjs");

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
  if (isServer && process.env.npm_command === "exec") endWithParent(child);
  child.on("error", (error) => fail(`cannot run ${binary}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** `npx` runs this process in a shell. If `npx` gets a signal, the shell ends without passing the signal on. */
function endWithParent(child) {
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill("SIGTERM"), PARENT_MILLISECONDS);
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
