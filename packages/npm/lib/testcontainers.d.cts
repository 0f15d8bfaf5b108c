import { AbstractStartedContainer, GenericContainer } from "testcontainers";

import type { Emulator, Scenario } from "./index.cjs";

/** The emulator in a container. */
export declare class SecurityHubContainer extends GenericContainer {
  /** Default: the image `securityhub-local` with the version of this package. */
  constructor(image?: string);
  /** Serves a scenario: a path, `builtin:NAME`, or the content of a scenario file. Later ones extend earlier ones. */
  withScenario(scenario: Scenario): this;
  start(): Promise<StartedSecurityHubContainer>;
}

export declare class StartedSecurityHubContainer extends AbstractStartedContainer {
  private constructor();
  /** The control plane of the emulator, and settings of its clients. */
  readonly emulator: Emulator;
  /** The URL of the emulator for clients on this machine. */
  endpoint(): string;
}
