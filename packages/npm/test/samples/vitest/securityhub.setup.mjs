import { globalSetup } from "securityhub-local/vitest";

export default globalSetup({ scenario: "builtin:quickstart" });
