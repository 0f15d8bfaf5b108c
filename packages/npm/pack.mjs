#!/usr/bin/env node
// Writes the main package and the package of a platform as tgz files:
// node pack.mjs --binary PATH [--platform linux-x64] --out DIR
import { execFileSync } from "node:child_process";
import {
  chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const HERE = import.meta.dirname;
const REPOSITORY = resolve(HERE, "../..");
/** The licenses of the crates in the program on any platform. The release checks that the file is up to date. */
const LICENSES = "THIRD-PARTY-LICENSES.txt";
const main = JSON.parse(readFileSync(join(HERE, "package.json"), "utf8"));
const platforms = JSON.parse(readFileSync(join(HERE, "platforms.json"), "utf8"));

function usage(message) {
  process.stderr.write(`pack.mjs: ${message}\nusage: node pack.mjs --binary PATH [--platform NAME] --out DIR\n`);
  process.exit(2);
}

function options() {
  const host = `${process.platform}-${process.arch}`;
  const option = { type: "string" };
  let values;
  try {
    values = parseArgs({ options: { binary: option, platform: { ...option, default: host }, out: option } }).values;
  } catch (error) {
    usage(error.message);
  }
  if (!values.binary || !values.out) usage("--binary and --out are required");
  if (!existsSync(values.binary)) usage(`${values.binary} does not exist`);
  if (!platforms[values.platform]) {
    usage(`unknown platform ${values.platform}; expected one of ${Object.keys(platforms).join(", ")}`);
  }
  if (values.platform === host) checkVersion(resolve(values.binary));
  return values;
}

/** The program must have the version of the packages. */
function checkVersion(binary) {
  let printed;
  try {
    printed = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
  } catch (error) {
    usage(`cannot run ${binary}: ${error.message}`);
  }
  if (printed !== `securityhub-local ${main.version}`) usage(`the program is ${printed}, the package ${main.version}`);
}

function stageMain(folder) {
  for (const name of ["bin", "lib", "vitest"]) cpSync(join(HERE, name), join(folder, name), { recursive: true });
  const files = readdirSync(HERE).filter((name) => /\.(js|ts)$/.test(name) || ["package.json", "README.md"].includes(name));
  for (const name of files) copyFileSync(join(HERE, name), join(folder, name));
}

function stagePlatform(folder, platform, binary) {
  const { os, cpu, libc, target } = platforms[platform];
  const file = `bin/securityhub-local${os === "win32" ? ".exe" : ""}`;
  const manifest = {
    name: `@securityhub-local/${platform}`,
    version: main.version,
    description: `The program of securityhub-local for ${target}`,
    license: main.license,
    preferUnplugged: true,
    engines: main.engines,
    os: [os],
    cpu: [cpu],
    ...(libc ? { libc: [libc] } : {}),
    files: [file, LICENSES],
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  mkdirSync(join(folder, "bin"));
  copyFileSync(join(REPOSITORY, LICENSES), join(folder, LICENSES));
  copyFileSync(binary, join(folder, file));
  chmodSync(join(folder, file), 0o755);
}

/** Stages a package in a temporary folder and packs it. */
function pack(out, stage) {
  const folder = mkdtempSync(join(tmpdir(), "securityhub-local-pack-"));
  try {
    stage(folder);
    copyFileSync(join(REPOSITORY, "LICENSE"), join(folder, "LICENSE"));
    const command = ["pack", "--json", "--pack-destination", out];
    const [packed] = JSON.parse(execFileSync("npm", command, { cwd: folder, encoding: "utf8" }));
    process.stdout.write(`${join(out, packed.filename)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { binary, platform, out } = options();
mkdirSync(out, { recursive: true });
pack(resolve(out), stageMain);
pack(resolve(out), (folder) => stagePlatform(folder, platform, resolve(binary)));
