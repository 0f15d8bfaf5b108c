// The test function of Vitest with fixtures, which use the emulator of the run.
import { inject, test as base } from "vitest";

import { connect, start } from "../index.js";

/** The connection of this test file. */
let connected;

function connection() {
  const endpoint = inject("securityhub-local");
  if (!endpoint) throw new Error('no emulator was started: add "securityhub-local/vitest/setup" to test.globalSetup');
  connected ??= connect(endpoint);
  return connected;
}

export const test = base.extend({
  // Vitest reads the names of the fixtures that a fixture uses from its first parameter.
  // eslint-disable-next-line no-empty-pattern
  securityhub: async ({}, use) => {
    await use(await connection());
  },
  securityhubAccount: async ({ securityhub, task }, use) => {
    const account = await securityhub.account({ hub: true });
    // Concurrent tests of a file share the variables of their process.
    const restore = task.concurrent ? () => {} : account.setEnv();
    await use(account);
    restore();
  },
  // eslint-disable-next-line no-empty-pattern
  makeSecurityhub: async ({}, use) => {
    const started = [];
    await use(async (options) => {
      const hub = await start(options);
      started.push(hub);
      return hub;
    });
    await Promise.all(started.map((hub) => hub.stop()));
  },
});
