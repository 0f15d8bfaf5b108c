import type { StartOptions } from "./index.cjs";

/** A globalSetup of Jest that starts an empty emulator for a run. */
declare function setup(): Promise<void>;

declare namespace setup {
  /** A globalSetup that starts an emulator with these options, or uses the running one at `endpoint`. */
  function globalSetup(options?: StartOptions & { endpoint?: string }): () => Promise<void>;
}

export = setup;
