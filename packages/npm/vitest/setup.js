// A globalSetup of Vitest: one emulator for a run. Vitest does not allow this module to import `vitest`.
import { forRun } from "../lib/start.cjs";

/** A globalSetup that starts an emulator with these options, or uses the running one at `endpoint`. */
export function globalSetup(options) {
  const run = forRun(options);
  return async (project) => {
    const hub = await run();
    project.provide("securityhub-local", hub.endpoint);
    return () => hub.stop();
  };
}

export default globalSetup();
