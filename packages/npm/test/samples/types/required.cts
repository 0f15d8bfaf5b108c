import { start } from "securityhub-local";
import setup = require("securityhub-local/jest");

export const running = start({ scenario: "builtin:quickstart" });
export const custom: () => Promise<void> = setup.globalSetup({ endpoint: "http://127.0.0.1:4600" });
