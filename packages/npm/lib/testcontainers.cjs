// The emulator in a container, for the package `testcontainers`.
"use strict";

const { basename } = require("node:path");
const { fileURLToPath } = require("node:url");
const { AbstractStartedContainer, GenericContainer, Wait } = require("testcontainers");

const { version } = require("../package.json");
const { connect } = require("./emulator.cjs");
const { check, forms } = require("./forms.cjs");

const PORT = 4600;
const FOLDER = "/scenario";

class SecurityHubContainer extends GenericContainer {
  #scenarios = [];

  constructor(image = `securityhub-local:${version}`) {
    super(image);
    this.withExposedPorts(PORT).withWaitStrategy(Wait.forHttp("/_emulator/health", PORT).forStatusCode(200));
  }

  /** Serves a scenario: a path, `builtin:NAME`, or the content of a scenario file. Later ones extend earlier ones. */
  withScenario(given) {
    check("withScenario()", "the scenario", given, forms.oneScenario);
    const scenario = given instanceof URL ? fileURLToPath(given) : given;
    if (typeof scenario === "string" && scenario.startsWith("builtin:")) {
      this.#scenarios.push(scenario);
    } else if (typeof scenario === "string") {
      const target = this.#target(basename(scenario));
      this.withCopyFilesToContainer([{ source: scenario, target }]);
    } else {
      const target = this.#target("scenario.json");
      this.withCopyContentToContainer([{ content: JSON.stringify(scenario), target }]);
    }
    return this.withCommand(["serve", ...this.#scenarios.flatMap((one) => ["--scenario", one])]);
  }

  #target(name) {
    const target = `${FOLDER}/${this.#scenarios.length + 1}/${name}`;
    this.#scenarios.push(target);
    return target;
  }

  async start() {
    const started = await super.start();
    try {
      const emulator = await connect(`http://${started.getHost()}:${started.getMappedPort(PORT)}`);
      return new StartedSecurityHubContainer(started, emulator);
    } catch (error) {
      await started.stop();
      throw error;
    }
  }
}

class StartedSecurityHubContainer extends AbstractStartedContainer {
  constructor(started, emulator) {
    super(started);
    this.emulator = emulator;
  }

  /** The URL of the emulator for clients on this machine. */
  endpoint() {
    return this.emulator.endpoint;
  }

  async stop(options) {
    await this.emulator.stop();
    return super.stop(options);
  }
}

module.exports = { SecurityHubContainer, StartedSecurityHubContainer };
