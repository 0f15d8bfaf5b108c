import { globalSetup } from "securityhub-local/vitest/setup";

export default globalSetup({ scenario: "builtin:quickstart" });
