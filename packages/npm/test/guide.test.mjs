// The blocks of docs/guides/javascript.md.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";

import { startEngine } from "./engine.mjs";
import {
  REPOSITORY, VERSION, WORK, ended, firstLine, inFolder, isRefused, launch, portOf, run, writeProgram,
} from "./support.mjs";

const PAGE = "docs/guides/javascript.md";
const TEST = "packages/npm/test/guide.test.mjs";
const FOLDER = join(WORK, "guide");
// Programs of the packages that the guide installs.
const PROGRAMS = [join(WORK, "node_modules/.bin"), join(WORK, "../node_modules/.bin")];
const INSTALLED = ["@aws-sdk/client-securityhub", "vitest", "jest"];

const page = readFileSync(join(REPOSITORY, PAGE), "utf8");
const blocks = [...page.matchAll(/^<!-- (.*) -->\n```(\w+)\n([^]*?)^```$/gm)].map(
  ([, mark, language, text]) => ({ mark, language, text }),
);
const tested = blocks.filter((block) => block.mark === `tested: ${TEST}`);

before(() => {
  mkdirSync(FOLDER, { recursive: true });
  for (const { mark, text } of blocks) {
    if (mark.startsWith("file: ")) writeFileSync(join(FOLDER, mark.slice("file: ".length)), text);
  }
});

/** The command of the only block of a shell that contains these words. The packages that it installs are installed. */
function commandWith(words) {
  const found = tested.filter(({ language, text }) => language === "bash" && text.includes(words));
  assert.equal(found.length, 1, words);
  const [install, ...rest] = found[0].text.trim().split("\n");
  const isInstall = install.startsWith("npm install --save-dev ");
  for (const name of isInstall ? install.split(" ").slice(3) : []) assert.ok(INSTALLED.includes(name), name);
  return (isInstall ? rest.join("\n") : found[0].text.trim()).replace(/^npx /, "");
}

const settings = (variables = {}) => ({ cwd: FOLDER, env: { PATH: [...PROGRAMS, process.env.PATH].join(":"), ...variables } });

// Rules: DST-34, DST-35.
test("the examples for each test runner pass", async () => {
  assert.equal(tested.length, 5);
  for (const [command, passed] of [
    ["node --test", /^. pass 2$/m],
    ["npx vitest", /Tests +1 passed/],
    ["npx jest", /^Tests: +1 passed/m],
  ]) {
    const { code, output, error } = await run("bash", ["-euc", commandWith(command)], settings());
    assert.equal(code, 0, output + error);
    assert.match((output + error).replace(/\x1b\[\d*m/g, ""), passed);
  }
});

// Rules: DST-32, DST-33.
test("the commands that pack and install the packages before the first release work as they are printed", () =>
  inFolder(async (folder) => {
    const introduction = page.slice(0, page.indexOf("\n## "));
    const code = [...introduction.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
    const printed = code.filter((text) => text.includes(" "));
    const published = printed.shift();
    assert.equal(published, "npm install --save-dev securityhub-local");
    // This test does not build the program.
    assert.equal(printed.shift(), "cargo build --release --bin securityhub-local");
    const [pack, install] = printed;
    const env = { HOME: folder, PATH: process.env.PATH, npm_config_offline: "true" };
    const program = writeProgram(join(folder, "program"));
    const ours = pack.replace("target/release/securityhub-local", program);
    const packed = await run("bash", ["-c", ours], { cwd: REPOSITORY, env });
    assert.equal(packed.code, 0, packed.error);
    const project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), "{}");
    const installed = await run("bash", ["-c", install], { cwd: project, env });
    assert.equal(installed.code, 0, installed.error);
    const { output } = await run("npx", ["securityhub-local", "--version"], { cwd: project, env });
    assert.equal(output, `securityhub-local ${VERSION}\n`);
  }));

// Rules: DST-33.
test("the command that serves a scenario works as it is printed", async (t) => {
  const command = commandWith("npx securityhub-local serve");
  const child = launch(t, "bash", ["-euc", `exec ${command}`], settings({ SECURITYHUB_LOCAL_PORT: "0" }));
  const end = ended(child);
  const port = portOf(await firstLine(child));
  child.kill("SIGINT");
  assert.equal((await end).code, 0);
  assert.ok(await isRefused(port));
});

// Rules: DST-55.
test("the example with a container starts and stops the emulator", () =>
  inFolder(async (folder) => {
    const engine = await startEngine(folder);
    try {
      const example = tested.find(({ language }) => language === "js");
      writeFileSync(join(FOLDER, "container.mjs"), example.text);
      const env = { DOCKER_HOST: engine.address, TESTCONTAINERS_RYUK_DISABLED: "true" };
      const { code, output, error } = await run(process.execPath, ["container.mjs"], settings(env));
      assert.equal(code, 0, output + error);
      assert.match(output, /^http:\/\/127\.0\.0\.1:\d+ 2026-01-15T09:00:00\.000Z$/m);
      assert.deepEqual([engine.isRunning, engine.hasContainer], [false, false]);
    } finally {
      engine.close();
    }
  }));
