import type { StartOptions } from "../index.js";

type Setup = (project: { provide(key: "securityhub-local", value: string): void }) => Promise<() => Promise<void>>;

/** A globalSetup that starts an emulator with these options, or uses the running one at `endpoint`. */
export declare function globalSetup(options?: StartOptions & { endpoint?: string }): Setup;

/** A globalSetup that starts an empty emulator for a run. */
declare const setup: Setup;
export default setup;
