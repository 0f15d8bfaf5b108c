// The part of Docker's API that testcontainers uses, for one container at a time, which runs the program without isolation.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { BINARY, clean, ended, firstLine, portOf } from "./support.mjs";

const ID = "c".repeat(64);

/** Starts an engine whose containers have their files in a folder. Returns its address and what it was asked for. */
export async function startEngine(folder) {
  const engine = { created: [], isRunning: false, hasContainer: false };
  let program, exit, port;

  async function startContainer() {
    const args = engine.created.at(-1).Cmd.map((word) => word.replace(/^\/scenario\//, `${join(folder, "scenario")}/`));
    program = spawn(BINARY, args, { env: clean({ SECURITYHUB_LOCAL_PORT: "0" }), stdio: ["ignore", "pipe", "inherit"] });
    exit = ended(program);
    port = portOf(await firstLine(program));
    engine.isRunning = true;
  }

  async function stopContainer() {
    program.kill("SIGTERM");
    await exit;
    engine.isRunning = false;
  }

  const inspected = () => ({
    Id: ID,
    Name: "/securityhub",
    Created: "2026-01-01T00:00:00Z",
    Config: { Hostname: "c", Labels: {}, Image: engine.created.at(-1).Image },
    HostConfig: { PortBindings: {} },
    State: {
      Status: engine.isRunning ? "running" : "exited",
      Running: engine.isRunning,
      StartedAt: "2026-01-01T00:00:00Z",
      FinishedAt: "",
    },
    NetworkSettings: {
      IPAddress: "",
      Networks: {},
      Ports: { "4600/tcp": [{ HostIp: "127.0.0.1", HostPort: String(port) }] },
    },
  });

  /** The status and the body of an answer. */
  async function answer(method, path, request) {
    if (path === "/info") return [200, { ID: "e", Name: "e", OperatingSystem: "Linux", ServerVersion: "1", NCPU: 1 }];
    if (path === "/version") return [200, { Version: "1", ApiVersion: "1.44" }];
    if (/^\/images\/.*\/json$/.test(path)) return [200, { Id: "sha256:1", Config: {}, RepoTags: [] }];
    if (path === "/containers/json") return [200, []];
    if (path === "/containers/create") {
      engine.created.push(JSON.parse(await text(request)));
      engine.hasContainer = true;
      return [201, { Id: ID, Warnings: [] }];
    }
    const action = path.replace(`/containers/${ID}`, "");
    if (action === "/json") return [200, inspected()];
    if (action.startsWith("/logs") || action === "/attach") return [200, ""];
    if (action === "/archive") {
      const tar = spawn("tar", ["-x", "-C", folder], { stdio: ["pipe", "ignore", "inherit"] });
      request.pipe(tar.stdin);
      await once(tar, "close");
      return [200, ""];
    }
    if (action === "/start") return [204, await startContainer()];
    if (action === "/stop" || action === "/kill") return [204, await stopContainer()];
    if (method === "DELETE") return [204, (engine.hasContainer = false) || undefined];
    return [404, { message: `not in this engine: ${method} ${path}` }];
  }

  const server = createServer(async (request, response) => {
    const path = new URL(request.url, "http://engine").pathname.replace(/^\/v[\d.]+/, "");
    const [status, body] = await answer(request.method, path, request);
    if (status === 404) process.stderr.write(`${body.message}\n`);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined || status === 204 ? undefined : JSON.stringify(body));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  engine.address = `tcp://127.0.0.1:${server.address().port}`;
  engine.close = () => {
    if (engine.isRunning) program.kill("SIGKILL");
    server.closeAllConnections();
    server.close();
  };
  return engine;
}
