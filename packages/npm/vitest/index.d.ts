import type { TestAPI } from "vitest";

import type { Account, Emulator, StartOptions } from "../index.js";

declare module "vitest" {
  export interface ProvidedContext {
    /** The endpoint of the emulator of the run. */
    "securityhub-local": string;
  }
}

export interface Fixtures {
  /** The emulator of the run, which all tests share. */
  securityhub: Emulator;
  /**
   * An account of this test, with an enabled hub in us-east-1. Unless the test is concurrent, clients that the tested code
   * creates call as this account.
   */
  securityhubAccount: Account;
  /** Starts an emulator of this test, which is stopped after it. */
  makeSecurityhub: (options?: StartOptions) => Promise<Emulator>;
}

/** The test function of Vitest with fixtures. */
export declare const test: TestAPI<Fixtures>;
