// An emulator on a free port, which ends with the tests of a file.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const START_SECONDS = 60;

/** Starts an emulator with a shipped scenario. */
export async function start(scenario) {
  const folder = mkdtempSync(join(tmpdir(), "browser-tests-"));
  const portFile = join(folder, "port");
  const path = join(process.env.REPOSITORY, "scenarios", scenario);
  const variables = Object.entries(process.env).filter(([name]) => !/^(AWS|SECURITYHUB_LOCAL)_/.test(name));
  const child = spawn(
    process.env.SECURITYHUB_LOCAL,
    ["serve", "--port", "0", "--port-file", portFile, "--scenario", path],
    { cwd: folder, env: Object.fromEntries(variables), stdio: "ignore" },
  );
  const end = Date.now() + START_SECONDS * 1000;
  while (!existsSync(portFile)) {
    assert.ok(child.exitCode === null && Date.now() < end, `the emulator did not start: ${child.exitCode}`);
    await sleep(20);
  }
  const address = `http://127.0.0.1:${readFileSync(portFile, "utf8").trim()}`;
  return new Emulator(address, () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
}

class Emulator {
  constructor(address, stop) {
    this.address = address;
    this.stop = stop;
  }

  /** The address of a page as an account in a Region. */
  page(account, path = "", region = "us-east-1") {
    return `${this.address}/_emulator/ui/as/${account}/${region}/${path}`;
  }

  /** Calls the control plane. */
  async control(method, path, body) {
    const answer = await fetch(`${this.address}/_emulator/${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** Returns to the start of the scenario. */
  reset() {
    return this.control("POST", "reset");
  }

  /** Runs a command that a page shows, and parses its output. */
  async run(command) {
    const { stdout } = await promisify(execFile)("sh", ["-c", command.replace(/^curl /, "curl -sS --fail-with-body ")]);
    return stdout.trim() ? JSON.parse(stdout) : null;
  }

  /** The findings that an account sees under filters, up to 100. */
  async findings(account, filters = {}, region = "us-east-1") {
    const body = JSON.stringify({ Filters: filters, MaxResults: 100 }).replaceAll("'", "'\\''");
    const user = `--user ${account}:x --aws-sigv4 aws:amz:${region}:securityhub`;
    const answer = await this.run(`curl ${this.address}/findings -X POST ${user} -H 'Content-Type: application/json' -d '${body}'`);
    return answer.Findings;
  }
}
