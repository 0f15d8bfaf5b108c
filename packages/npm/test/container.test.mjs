// The class for testcontainers, with an engine that runs the program without isolation.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { SecurityHub } from "@aws-sdk/client-securityhub";

import { startEngine } from "./engine.mjs";
import { VERSION, inFolder } from "./support.mjs";

let SecurityHubContainer;

before(async () => {
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  ({ SecurityHubContainer } = await import("securityhub-local/testcontainers"));
});
after(() => delete process.env.TESTCONTAINERS_RYUK_DISABLED);

// Rules: DST-55.
test("a container serves scenarios from files and objects, and has an endpoint", () =>
  inFolder(async (folder) => {
    const engine = await startEngine(folder);
    process.env.DOCKER_HOST = engine.address;
    try {
      const file = join(folder, "own.json");
      writeFileSync(file, JSON.stringify({ hubs: [{ account: "700000000001", regions: ["us-east-1"] }] }));
      const object = { hubs: [{ account: "700000000002", regions: ["us-east-1"] }] };
      const container = await new SecurityHubContainer().withScenario(pathToFileURL(file)).withScenario(object).start();
      const [{ Image, Cmd, ExposedPorts }] = engine.created;
      assert.equal(Image, `securityhub-local:${VERSION}`);
      assert.deepEqual(Object.keys(ExposedPorts), ["4600/tcp"]);
      assert.deepEqual(Cmd, ["serve", "--scenario", "/scenario/1/own.json", "--scenario", "/scenario/2/scenario.json"]);
      for (const account of ["700000000001", "700000000002"]) {
        await new SecurityHub(container.emulator.config({ account })).describeHub({});
      }
      const client = new SecurityHub({ ...container.emulator.config(), endpoint: container.endpoint() });
      await assert.rejects(client.describeHub({}), { name: "InvalidAccessException" });
      assert.throws(() => new SecurityHubContainer().withScenario(null), /withScenario\(\) expects the scenario to be a path/);
      await container.stop();
      assert.equal(engine.hasContainer, false);
    } finally {
      delete process.env.DOCKER_HOST;
      engine.close();
    }
  }));
