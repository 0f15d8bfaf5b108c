// An HTTP client of one emulator, on a connection that is kept open.
"use strict";

/** A call of the control plane that the emulator refused. */
class ControlError extends Error {
  constructor(call, status, body) {
    const text = typeof body === "object" && body !== null ? (body.Message ?? JSON.stringify(body)) : String(body).trim();
    super(`${call}: ${text} (status ${status})`);
    this.name = "ControlError";
    this.status = status;
    this.body = body;
  }
}

class Client {
  #agent;
  #request;

  constructor(endpoint) {
    const url = new URL(endpoint);
    const http = url.protocol === "https:" ? require("node:https") : require("node:http");
    this.endpoint = url.origin;
    // Node does not wait for idle connections of an agent before it ends.
    this.#agent = new http.Agent({ keepAlive: true });
    this.#request = http.request;
  }

  /**
   * Sends a request. Returns its status, and its body as JSON if it is JSON, otherwise as text. `seconds` limits the time
   * of the whole exchange.
   */
  async send(method, path, { body, query = {}, seconds } = {}) {
    const url = new URL(path, this.endpoint);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const length = text === undefined ? {} : { "content-length": Buffer.byteLength(text) };
    return this.#exchange(url, { method, agent: this.#agent, headers: length }, text, seconds);
  }

  #exchange(url, options, text, seconds) {
    return new Promise((resolve, reject) => {
      const request = this.#request(url, options);
      const silent = () => new Error(`the server at ${this.endpoint} has not answered within ${seconds} seconds`);
      const limit = seconds && setTimeout(() => request.destroy(silent()), seconds * 1000);
      request.on("close", () => clearTimeout(limit));
      request.on("error", (error) => {
        // The emulator has closed an idle connection at the moment when it was used again.
        if (request.reusedSocket && error.code === "ECONNRESET") resolve(this.#exchange(url, options, text, seconds));
        else reject(explained(error, this.endpoint));
      });
      request.on("response", (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode, body: parsed(text, response.headers["content-type"]) });
        });
      });
      request.end(text);
    });
  }

  /** Makes a call of the control plane, and returns the body of its response. */
  async call(method, path, options) {
    const { status, body } = await this.send(method, path, options);
    if (status >= 400) throw new ControlError(`${method} ${path}`, status, body);
    return body;
  }

  close() {
    this.#agent.destroy();
  }
}

/** The value of JSON, or else the text. */
function parsed(text, type = "") {
  try {
    return /json/.test(type) ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

function explained(error, endpoint) {
  if (error.code !== "ECONNREFUSED") return error;
  return Object.assign(new Error(`no emulator answers at ${endpoint}`, { cause: error }), { code: error.code });
}

module.exports = { Client, ControlError };
