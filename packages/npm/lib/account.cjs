// Accounts: their IDs, and the settings with which clients call as an account.
"use strict";

const { randomInt } = require("node:crypto");
const { devNull } = require("node:os");

const { check, checkOptions, forms, idOf } = require("./forms.cjs");

/** The administrator of most built-in scenarios. */
const DEFAULT_ACCOUNT = "111111111111";
const DEFAULT_REGION = "us-east-1";
/**
 * Variables of other credentials, and variables that change whether and when the SDK repeats calls. They are removed.
 * `AWS_ENDPOINT_URL` remains, because other services may need it, and the variable for Security Hub precedes it.
 */
const REMOVED = [
  "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_CREDENTIAL_SCOPE", "AWS_ACCOUNT_ID",
  "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_DEFAULTS_MODE",
];

/** Settings of an AWS SDK client that calls as an account. */
function config(endpoint, { account = DEFAULT_ACCOUNT, region = DEFAULT_REGION }) {
  const credentials = { accessKeyId: idOf(account), secretAccessKey: "x" };
  // With FIPS or dual-stack endpoints, which variables may select, the SDK refuses an endpoint of one's own.
  return { endpoint, region, credentials, useFipsEndpoint: false, useDualstackEndpoint: false };
}

/** The variables with which AWS clients call as an account. */
function env(endpoint, { account = DEFAULT_ACCOUNT, region = DEFAULT_REGION }) {
  return {
    AWS_ENDPOINT_URL_SECURITYHUB: endpoint,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
    AWS_USE_FIPS_ENDPOINT: "false",
    AWS_USE_DUALSTACK_ENDPOINT: "false",
    AWS_ACCESS_KEY_ID: idOf(account),
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
  };
}

/** Sets variables of this process, and returns a function that restores all of them. */
function setEnv(variables) {
  const names = [...REMOVED, ...Object.keys(variables)];
  const before = names.map((name) => [name, process.env[name]]);
  for (const name of REMOVED) delete process.env[name];
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/**
 * An ID that no other test uses. Test files that share an emulator may run in different processes, so IDs are random; no
 * built-in scenario uses one that begins with 7.
 */
function freshId() {
  return `7${String(randomInt(1e11)).padStart(11, "0")}`;
}

class Account {
  #client;

  constructor(client, id) {
    this.#client = client;
    this.id = id;
  }

  /** Settings of an AWS SDK client that calls as this account. */
  config(options) {
    return config(this.#client.endpoint, this.#caller("config()", options));
  }

  /** The variables with which AWS clients call as this account. */
  env(options) {
    return env(this.#client.endpoint, this.#caller("env()", options));
  }

  /** Sets these variables in this process, and returns a function that restores them. */
  setEnv(options) {
    return setEnv(env(this.#client.endpoint, this.#caller("setEnv()", options)));
  }

  #caller(call, options = {}) {
    return { account: this, region: checkOptions(call, options, { region: forms.text }).region };
  }

  /** Enables the hub of this account in Regions, without standards. This is not a call that the journal records. */
  async enable(regions = [DEFAULT_REGION]) {
    check("enable()", "regions", regions, forms.texts);
    const body = { hubs: [{ account: this.id, regions }] };
    await this.#client.call("PUT", "/_emulator/scenario?mode=add", { body });
    return this;
  }
}

module.exports = { Account, config, env, freshId, setEnv };
