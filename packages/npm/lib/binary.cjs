// Finds the program: in the package of the platform, or where SECURITYHUB_LOCAL_BINARY says.
"use strict";

const { existsSync } = require("node:fs");
const { resolve } = require("node:path");

const { check, forms } = require("./forms.cjs");

const VARIABLE = "SECURITYHUB_LOCAL_BINARY";

/**
 * The path of the program: the argument, SECURITYHUB_LOCAL_BINARY, or the file in the package of this platform.
 */
function findBinary(binary = process.env[VARIABLE] || undefined) {
  if (binary !== undefined) return resolve(check("findBinary()", "its argument", binary, forms.binary));
  const name = `${process.platform}-${process.arch}`;
  const known = Object.keys(require("../package.json").optionalDependencies);
  const packages = [name, `${name}-musl`].map((one) => `@securityhub-local/${one}`).filter((one) => known.includes(one));
  const found = packages.map(installed);
  if (found.filter(Boolean).length > 1) return found[isMusl() ? 1 : 0];
  const path = found.find(Boolean);
  if (path) return path;
  throw new Error(missing(name, packages));
}

/** The path of the program in a package, or undefined if the package is not installed. */
function installed(name) {
  const file = process.platform === "win32" ? "securityhub-local.exe" : "securityhub-local";
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    return undefined;
  }
}

/** Some package managers install the packages of both C libraries. */
function isMusl() {
  process.report.excludeNetwork = true;
  return process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
}

function missing(platform, packages) {
  if (packages.length === 0) {
    return `no package contains the program for ${platform}; build it from source and set ${VARIABLE} to its path`;
  }
  const name = packages[isMusl() ? packages.length - 1 : 0];
  return (
    `the package ${name}, which contains the program, is not installed; ` +
    `install without --omit=optional (or --no-optional), or set ${VARIABLE} to the path of the program`
  );
}

/** The message for an error of the system when it was to run a program. */
function cannotRun(binary, error) {
  const reasons = {
    // The system reports a missing loader of dynamic libraries as a missing file.
    ENOENT: existsSync(binary) ? "the loader that it needs is missing; it may be built for another C library" : "no such file",
    EACCES: "it is not an executable file",
  };
  return `cannot run ${binary}: ${reasons[error.code] ?? error.message}`;
}

module.exports = { cannotRun, findBinary };
