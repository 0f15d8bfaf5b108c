// A globalSetup of Vitest: one emulator for a run. Vitest does not allow this module to import `vitest`.
import { connect, start } from "../index.js";

/** A globalSetup that starts an emulator with these options, or uses the running one at `endpoint`. */
export function globalSetup({ endpoint, ...options } = {}) {
  return async (project) => {
    const hub = endpoint ? await connect(endpoint) : await start(options);
    project.provide("securityhub-local", hub.endpoint);
    return () => hub.stop();
  };
}

export default globalSetup();
