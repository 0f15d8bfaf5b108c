/// <reference lib="esnext.disposable" />

/** A JSON object in the spelling of the emulator or of AWS. */
export type Document = Record<string, any>;

/** A scenario: a path, `builtin:NAME`, or the content of a scenario file. */
export type Scenario = string | URL | Document;

export interface StartOptions {
  /** The scenario, or several: later ones extend earlier ones. Default: an empty emulator. */
  scenario?: Scenario | Scenario[];
  /** The port. Default: a free port. */
  port?: number;
  /** The address or host name to listen on. Default: 127.0.0.1. */
  host?: string;
  /** The time at which the clock stands at the start, in ISO 8601. Default: the clock of the scenario. */
  clock?: string | Date;
  /** Further arguments of `securityhub-local serve`. */
  args?: string[];
  /**
   * The path of the program, relative to the current folder. Default: SECURITYHUB_LOCAL_BINARY, or the program in the package
   * of the platform.
   */
  binary?: string;
  /** Time limit for the start, in milliseconds; Infinity for none. Default: 10,000. */
  timeout?: number;
}

export interface Caller {
  /** The account that calls. Default: 111111111111, the administrator of most built-in scenarios. */
  account?: string | Account;
  /** The Region. Default: us-east-1. */
  region?: string;
}

/** Settings of any client of the AWS SDK for JavaScript v3. */
export interface ClientConfig {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  useFipsEndpoint: false;
  useDualstackEndpoint: false;
}

/** Selects events. */
export interface EventFilters {
  account?: string | Account;
  region?: string;
  detailType?: string;
  /** An event pattern, in the format of EventBridge rules. */
  pattern?: Document | string;
  /** The tag of the call that caused the event. */
  test?: string;
  after?: number;
  limit?: number;
  /** The number of events that ends the wait. Without `wait`, it has no effect. */
  count?: number;
  /** The maximum time to wait, such as `5s`, or in milliseconds. */
  wait?: string | number;
}

/** Selects recorded API calls. */
export interface RequestFilters {
  /** The operation, or the beginning of its name followed by `*`. */
  operation?: string;
  account?: string | Account;
  region?: string;
  service?: string;
  /** The status of the response, such as `429` or `4xx`. */
  status?: string | number;
  /** The code of the error. */
  error?: string;
  test?: string;
  fault?: string;
  /** The partial input that the input must match. */
  match?: Document;
  after?: number;
  limit?: number;
  /** Begins with the newest call. Returns 100 calls unless there is a limit. */
  newest?: boolean;
  /** The number of calls that ends the wait. Without `wait`, it has no effect. */
  count?: number;
  wait?: string | number;
}

/** The expected calls. */
export interface Expectation {
  match?: Document;
  /** The minimum number of calls. Default: 1, or 0 if `max` is 0. */
  min?: number;
  /** The maximum number of calls. Default: any number. */
  max?: number;
  account?: string | Account;
  region?: string;
  service?: string;
  status?: string | number;
  /** The code of the error. */
  error?: string;
  test?: string;
  after?: number;
  /** The maximum time to wait for `min` calls, such as `5s`, or in milliseconds. */
  wait?: string | number;
}

export interface Clock {
  now(): Promise<Date>;
  /** Advances the clock by a duration, such as `P3D`, `36h` or a number of milliseconds. Returns the new time. */
  advance(by: string | number): Promise<Date>;
  /** Moves the clock to a later time. */
  set(to: string | Date): Promise<Date>;
  freeze(): Promise<Date>;
  run(): Promise<Date>;
}

export interface Faults {
  /** Adds a fault or a list of faults. Returns them with their IDs. */
  add(rule: Document | Document[]): Promise<Document[]>;
  list(): Promise<Document[]>;
  /** Deletes the fault with an ID, the faults of a test, or all. Returns their number. */
  clear(selection?: { id?: string; test?: string }): Promise<number>;
}

export interface Snapshots {
  save(name: string): Promise<Document>;
  restore(name: string): Promise<void>;
  /** Compares a snapshot with another one, or with the current state. */
  diff(from: string, to?: string): Promise<Document>;
  list(): Promise<Document[]>;
  delete(name: string): Promise<void>;
}

/** An account, whose ID is its access key ID. */
export declare class Account {
  private constructor();
  readonly id: string;
  /** Settings of an AWS SDK client that calls as this account. */
  config(options?: { region?: string }): ClientConfig;
  /** The variables with which AWS clients call as this account. */
  env(options?: { region?: string }): Record<string, string>;
  /**
   * Sets these variables in this process, and removes AWS_PROFILE, other variables of credentials, and settings of retries.
   * Returns a function that restores all of them.
   */
  setEnv(options?: { region?: string }): () => void;
  /**
   * Enables the hub of this account in Regions, without standards; in us-east-1 by default. This is not a call that the
   * journal records.
   */
  enable(regions?: string[]): Promise<this>;
}

/** A running emulator. */
export declare class Emulator {
  private constructor();
  readonly endpoint: string;
  readonly port: number;
  /** The process ID, if `start` has started it. */
  readonly pid: number | undefined;
  readonly version: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly snapshots: Snapshots;
  /** An account; by default one that nothing else uses. With `hub`, its hub is enabled in the Regions. */
  account(options?: { id?: string | Account; hub?: boolean; regions?: string[] }): Promise<Account>;
  config(caller?: Caller): ClientConfig;
  env(caller?: Caller): Record<string, string>;
  setEnv(caller?: Caller): () => void;
  /** Returns to the start of the scenario, or to `empty`. */
  reset(options?: { to?: "start" | "empty" }): Promise<void>;
  /** The events that EventBridge has received, oldest first. */
  events(filters?: EventFilters): Promise<Document[]>;
  /** The recorded API calls, oldest first. */
  requests(filters?: RequestFilters): Promise<Document[]>;
  /** Checks that calls of an operation were made; fails with the nearest calls. Returns their number. */
  verify(operation: string, expectation?: Expectation): Promise<number>;
  /** Imports findings as if their products had sent them. Returns their number, and fails if one of them is refused. */
  importFindings(findings: object[]): Promise<number>;
  /** Makes any call of the control plane, such as `call("GET", "status")` or `call("GET", "/metrics")`. */
  call(method: string, path: string, options?: { body?: unknown; query?: Document }): Promise<any>;
  /** Stops the emulator, if `start` has started it. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The program could not start. The message contains what it printed, such as all errors of a scenario. */
export declare class StartError extends Error {
  private constructor();
  readonly exitCode: number | undefined;
}

/** A call of the control plane that the emulator refused. */
export declare class ControlError extends Error {
  private constructor();
  readonly status: number;
  readonly body: any;
}

/** Starts an emulator, which ends with this process at the latest. */
export declare function start(options?: StartOptions): Promise<Emulator>;

/**
 * Connects to a running emulator, which `stop` does not stop; fails if another server answers. Default: the URL in
 * SECURITYHUB_LOCAL_URL or AWS_ENDPOINT_URL_SECURITYHUB.
 */
export declare function connect(endpoint?: string): Promise<Emulator>;

/** The path of the program. */
export declare function findBinary(binary?: string): string;
