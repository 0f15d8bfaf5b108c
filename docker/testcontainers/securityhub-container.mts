// An emulator of AWS Security Hub in a container, with testcontainers 12.2.0 of npm.
import { AbstractStartedContainer, GenericContainer, Wait } from "testcontainers";

const IMAGE = "securityhub-local:0.1.0";
const PORT = 4600;

export class SecurityHubContainer extends GenericContainer {
  constructor(image: string = IMAGE) {
    super(image);
    this.withExposedPorts(PORT);
    this.withWaitStrategy(Wait.forHttp("/_emulator/health", PORT).forStatusCode(200));
  }

  /** Serves a scenario file instead of the quickstart of the image. */
  withScenario(file: string): this {
    this.withCopyFilesToContainer([{ source: file, target: "/scenario.yaml" }]);
    return this.withCommand(["serve", "--scenario", "/scenario.yaml"]);
  }

  override async start(): Promise<StartedSecurityHubContainer> {
    return new StartedSecurityHubContainer(await super.start());
  }
}

export class StartedSecurityHubContainer extends AbstractStartedContainer {
  /** The endpoint for AWS clients. The access key ID is the ID of the account. */
  endpoint(): string {
    return `http://${this.getHost()}:${this.getMappedPort(PORT)}`;
  }
}
