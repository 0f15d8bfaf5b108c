// No emulator stays behind when the process that started it ends, in whatever way.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { WORK, ended, firstLine, isRefused, launch, portOf } from "./support.mjs";

const START = 'import { start } from "securityhub-local"; const hub = await start(); console.log(hub.endpoint);';
const WAIT = "setInterval(() => {}, 1000);";

/** Runs a script that starts an emulator. Returns its process, its end, and the port. */
async function script(t, text) {
  const args = ["--input-type=module", "-e", text];
  const child = launch(t, process.execPath, args, { cwd: WORK, stdio: ["ignore", "pipe", "ignore"] });
  const end = ended(child);
  return { child, end, port: portOf(await firstLine(child)) };
}

// Rules: DST-05, DST-36.
test("an emulator ends with the process that started it", async (t) => {
  for (const [text, code] of [
    // An emulator that was not stopped does not keep the process alive.
    ["", 0],
    ["process.exit(3);", 3],
    ['throw new Error("not caught");', 1],
    ["process.abort();", null],
  ]) {
    const { end, port } = await script(t, `${START} ${text}`);
    assert.equal((await end).code, code, text);
    assert.ok(await isRefused(port), text);
  }
});

// Rules: DST-05, DST-36.
test("an emulator ends when the process that started it gets a signal", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]) {
    const { child, end, port } = await script(t, `${START} ${WAIT}`);
    child.kill(signal);
    assert.equal((await end).signal, signal);
    assert.ok(await isRefused(port), signal);
  }
});

// Rules: DST-05, DST-36.
test("the installed command leaves no server when it is killed", async (t) => {
  const program = join(WORK, "node_modules/.bin/securityhub-local");
  const child = launch(t, program, ["serve", "--port", "0"], { stdio: ["pipe", "pipe", "inherit"] });
  const end = ended(child);
  const port = portOf(await firstLine(child));
  // Its own input is not that of the server.
  child.stdin.end();
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal(await isRefused(port), false);
  child.kill("SIGKILL");
  await end;
  assert.ok(await isRefused(port));
});
