// A globalSetup of Jest: one emulator for a run, to which `connect()` connects in tests.
"use strict";

const { forRun } = require("./start.cjs");

const VARIABLE = "SECURITYHUB_LOCAL_URL";

/** A globalSetup that starts an emulator with these options, or uses the running one at `endpoint`. */
function globalSetup(options) {
  const run = forRun(options);
  let running;
  return async () => {
    // In watch mode, it is called for each run.
    await running?.stop();
    running = await run();
    // The processes that run tests inherit it.
    process.env[VARIABLE] = running.endpoint;
  };
}

module.exports = globalSetup();
module.exports.globalSetup = globalSetup;
