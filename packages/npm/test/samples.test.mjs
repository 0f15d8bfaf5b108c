// Sample projects with Vitest, Jest and TypeScript.
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { WORK, isRefused, run } from "./support.mjs";

const sample = (name) => join(WORK, "samples", name);
const tool = (name) => join(WORK, "..", "node_modules", ".bin", name);

// Two files with the same tests run in parallel.
before(() => {
  for (const [folder, extension] of [["vitest", "mjs"], ["jest", "js"]]) {
    copyFileSync(join(sample(folder), `accounts.test.${extension}`), join(sample(folder), `more.test.${extension}`));
  }
});

// Rules: DST-35.
test("tests of Vitest share an emulator and have an account each", async () => {
  for (const pool of ["forks", "threads"]) {
    const args = ["run", "--reporter=verbose", `--pool=${pool}`, "--no-color"];
    const { code, output, error } = await run(tool("vitest"), args, { cwd: sample("vitest") });
    assert.equal(code, 0, output + error);
    assert.match(output, /Tests +54 passed/);
    const lines = [...output.matchAll(/endpoints: (\S+) (\S+) \./g)];
    assert.equal(lines.length, 2, output);
    assert.equal(new Set(lines.map(([, shared]) => shared)).size, 1, "both files use the emulator of the run");
    assert.equal(new Set(lines.map(([, , own]) => own)).size, 2);
    for (const [, ...endpoints] of lines) {
      for (const endpoint of endpoints) assert.ok(await isRefused(Number(endpoint.split(":")[2])), endpoint);
    }
  }
});

// Rules: DST-35.
test("a Vitest project without the global setup is told to add it", async () => {
  const args = ["run", "--no-color", "--config=without-setup.config.mjs"];
  const { code, output, error } = await run(tool("vitest"), args, { cwd: sample("vitest") });
  assert.notEqual(code, 0);
  assert.match(output + error, /add "securityhub-local\/vitest\/setup" to test.globalSetup/);
});

// Rules: DST-35.
test("tests of Jest share an emulator and have an account each", async () => {
  for (const workers of [["--maxWorkers=2"], ["--runInBand"]]) {
    const { code, error } = await run(tool("jest"), [...workers, "--no-color"], { cwd: sample("jest") });
    assert.equal(code, 0, error);
    assert.match(error, /^Tests: +42 passed/m);
    const endpoints = [...error.matchAll(/endpoint: (\S+) \./g)].map(([, endpoint]) => endpoint);
    assert.equal(endpoints.length, 2, error);
    assert.equal(new Set(endpoints).size, 1);
    assert.ok(await isRefused(Number(endpoints[0].split(":")[2])), "the emulator has ended with the run");
  }
});

// Rules: DST-34.
test("TypeScript checks calls of the library strictly", async () => {
  const { code, output } = await run(tool("tsc"), ["-p", sample("types")], { cwd: WORK });
  assert.equal(code, 0, output);
});
