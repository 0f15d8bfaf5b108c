// The packages: what they contain, their installation without a registry, and the program that they install.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

import {
  BINARY, REPOSITORY, VERSION, ended, firstLine, inFolder, install, isRefused, launch, median, packages, portOf, run,
  writeProgram,
} from "./support.mjs";

const HOST = `${process.platform}-${process.arch}`;
const PROGRAM = "node_modules/.bin/securityhub-local";
const source = (name) => JSON.parse(readFileSync(join(REPOSITORY, "packages/npm", name), "utf8"));

/** The files of a package: their paths and modes. */
async function contents(file) {
  const { output } = await run("tar", ["tzvf", file]);
  const lines = output.trim().split("\n").map((line) => line.split(/\s+/));
  return Object.fromEntries(lines.map((words) => [words.at(-1).replace("package/", ""), words[0]]));
}

async function manifest(file) {
  return JSON.parse((await run("tar", ["xzOf", file, "package/package.json"])).output);
}

// Rules: DST-31, DST-32.
test("the main package has no dependency and no script, and lists the packages of all platforms", async () => {
  const main = await manifest(packages().main);
  const names = Object.keys(source("platforms.json")).map((name) => `@securityhub-local/${name}`);
  assert.equal(main.version, VERSION);
  assert.deepEqual([main.name, main.type, main.engines.node], ["securityhub-local", "module", ">=18"]);
  assert.deepEqual(main.optionalDependencies, Object.fromEntries(names.map((name) => [name, VERSION])));
  for (const absent of ["dependencies", "devDependencies", "scripts"]) assert.equal(main[absent], undefined, absent);
  for (const peer of Object.keys(main.peerDependencies)) assert.ok(main.peerDependenciesMeta[peer].optional, peer);
  const files = await contents(packages().main);
  const entries = ["bin/securityhub-local.cjs", "lib/index.cjs", "index.js", "index.d.ts", "LICENSE", "README.md"];
  for (const file of entries) assert.ok(files[file], file);
  assert.deepEqual(Object.keys(files).filter((file) => /^(test|samples)\/|\.test\.|pack\.mjs|platforms|check/.test(file)), []);
});

// Rules: DST-31, DST-32.
test("the package of a platform contains only the program, which is executable", async () => {
  const platform = await manifest(packages().platform);
  const { os, cpu, libc } = source("platforms.json")[HOST];
  assert.equal(platform.name, `@securityhub-local/${HOST}`);
  assert.deepEqual([platform.version, platform.preferUnplugged], [VERSION, true]);
  assert.deepEqual([platform.os, platform.cpu, platform.libc], [[os], [cpu], [libc]]);
  const files = await contents(packages().platform);
  assert.deepEqual(Object.keys(files).sort(), ["LICENSE", "THIRD-PARTY-LICENSES.txt", "bin/securityhub-local", "package.json"]);
  assert.equal(files["bin/securityhub-local"], "-rwxr-xr-x");
});

// Rules: DST-32.
test("packing reports a wrong argument", async () => {
  const pack = join(REPOSITORY, "packages/npm/pack.mjs");
  for (const [args, message] of [
    [["--out", "x"], "--binary and --out are required"],
    [["--binary", "/nowhere", "--out", "x"], "/nowhere does not exist"],
    [["--binary", BINARY, "--out", "x", "--platform", "linux-x46"], "unknown platform linux-x46"],
    [["--binary", join(REPOSITORY, "LICENSE"), "--out", "x"], `cannot run ${join(REPOSITORY, "LICENSE")}`],
    [["--binary", process.execPath, "--out", "x"], `the program is ${process.version}, the package ${VERSION}`],
  ]) {
    const { code, error } = await run(process.execPath, [pack, ...args]);
    assert.equal(code, 2, error);
    assert.ok(error.includes(message), error);
  }
});

// Rules: DST-32.
test("packing needs only Node and npm, not Rust", () =>
  inFolder(async (folder) => {
    const programs = join(folder, "programs");
    mkdirSync(programs);
    const npm = realpathSync(join(dirname(process.execPath), "npm"));
    for (const [name, file] of [["node", process.execPath], ["npm", npm]]) symlinkSync(file, join(programs, name));
    const program = writeProgram(join(folder, "program"));
    const pack = [join(REPOSITORY, "packages/npm/pack.mjs"), "--binary", program, "--out", join(folder, "out")];
    const { code, error } = await run(process.execPath, pack, { env: { PATH: programs } });
    assert.equal(code, 0, error);
    assert.equal(readdirSync(join(folder, "out")).length, 2);
  }));

// Rules: DST-33.
test("packages are installed without a registry, and the first finding is read with a second command", (t) =>
  inFolder(async (folder) => {
    const begin = Date.now();
    await install(folder, packages().main, packages().platform);
    const serve = ["--no-install", "securityhub-local", "serve", "--scenario", "builtin:quickstart", "--port", "0"];
    const child = launch(t, "npx", serve, { cwd: folder });
    const end = ended(child);
    const port = portOf(await firstLine(child));
    const scope = "111111111111/20260115/us-east-1/securityhub/aws4_request";
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    const headers = { "content-type": "application/json", authorization };
    const response = await fetch(`http://127.0.0.1:${port}/findings`, { method: "POST", headers, body: "{}" });
    const answer = await response.json();
    assert.ok(answer.Findings?.length > 0, JSON.stringify(answer));
    assert.ok(Date.now() - begin < 30_000, `${Date.now() - begin} ms`);
    child.kill("SIGTERM");
    await end;
    assert.ok(await isRefused(port), "the program has ended with npx");
    const { output } = await run("npx", ["--no-install", "securityhub-local", "--version"], { cwd: folder });
    assert.equal(output, `securityhub-local ${VERSION}\n`);
  }));

// Rules: DST-33.
test("a server ends when npx ends by a signal, also by one that npx cannot handle", (t) =>
  inFolder(async (folder) => {
    await install(folder, packages().main, packages().platform);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]) {
      const child = launch(t, "npx", ["--no-install", "securityhub-local", "serve", "--port", "0"], { cwd: folder });
      // The output of the server is that of `npx`, so it is closed when both have ended.
      const closed = ended(child);
      const port = portOf(await firstLine(child));
      assert.equal(await isRefused(port), false, "a server does not end before npx");
      // A terminal sends SIGINT to the whole group of processes. `npx` ignores one of its own.
      process.kill(signal === "SIGINT" ? -child.pid : child.pid, signal);
      assert.ok(await isRefused(port), signal);
      await closed;
    }
  }));

// Rules: DST-33.
test("npx in the background of a shell continues to serve when the shell ends", (t) =>
  inFolder(async (folder) => {
    await install(folder, packages().main, packages().platform);
    const command = "npx --no-install securityhub-local serve --port 0 &";
    const child = launch(t, "bash", ["-c", command], { cwd: folder });
    const port = portOf(await firstLine(child));
    assert.notEqual(child.exitCode, null, "the shell has ended");
    assert.equal(await isRefused(port), false);
  }));

// Rules: DST-33.
test("signals and exit codes of the installed program are passed on", (t) =>
  inFolder(async (folder) => {
    await install(folder, packages().main, packages().platform);
    const failed = await run(PROGRAM, ["scenario", "check", "missing.yaml"], { cwd: folder });
    assert.equal(failed.code, (await run(BINARY, ["scenario", "check", "missing.yaml"], { cwd: folder })).code);
    assert.notEqual(failed.code, 0);
    for (const signal of ["SIGINT", "SIGTERM"]) {
      const child = launch(t, PROGRAM, ["serve", "--port", "0"], { cwd: folder });
      const end = ended(child);
      const port = portOf(await firstLine(child));
      child.kill(signal);
      assert.deepEqual([(await end).code, await isRefused(port)], [0, true], signal);
    }
    const child = launch(t, PROGRAM, ["serve", "--port", "0"], { cwd: folder });
    const end = ended(child);
    await firstLine(child);
    const pid = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim();
    process.kill(Number(pid), "SIGKILL");
    assert.equal((await end).signal, "SIGKILL");
  }));

// Rules: DST-33.
test("the installed command starts within 60 ms of Node", () =>
  inFolder(async (folder) => {
    await install(folder, packages().main, packages().platform);
    const times = { bare: [], direct: [], installed: [] };
    const measure = async (list, program, args) => {
      const begin = performance.now();
      await run(program, args, { cwd: folder });
      list.push(performance.now() - begin);
    };
    for (let round = 0; round < 20; round += 1) {
      await measure(times.bare, process.execPath, ["-e", "0"]);
      await measure(times.direct, BINARY, ["--version"]);
      await measure(times.installed, PROGRAM, ["--version"]);
    }
    const [bare, direct, installed] = Object.values(times).map(median);
    // On a busy machine, Node alone takes longer.
    const bar = bare > 45 ? 2 * bare : 60;
    assert.ok(installed - direct <= bar, `${installed - direct} ms are added, ${bare} ms by an empty script of Node`);
  }));

// Rules: DST-33.
test("without the package of the platform, the command names it and the variable", () =>
  inFolder(async (folder) => {
    await install(folder, "--omit=optional", packages().main);
    const missing = await run(PROGRAM, ["--version"], { cwd: folder });
    assert.equal(missing.code, 1);
    for (const words of [`@securityhub-local/${HOST}`, "SECURITYHUB_LOCAL_BINARY", "--omit=optional"]) {
      assert.ok(missing.error.includes(words), missing.error);
    }
    const given = await run(PROGRAM, ["--version"], { cwd: folder, env: { SECURITYHUB_LOCAL_BINARY: BINARY } });
    assert.equal(given.output, `securityhub-local ${VERSION}\n`);
    const wrong = await run(PROGRAM, ["--version"], { cwd: folder, env: { SECURITYHUB_LOCAL_BINARY: "/nowhere" } });
    assert.equal(wrong.code, 1);
    assert.match(wrong.error, /^securityhub-local: cannot run \/nowhere: /);
    await install(folder, packages().main);
    assert.equal((await run(PROGRAM, ["--version"], { cwd: folder })).code, 1, "the registry does not have the package");
  }));
