export { SecurityHubContainer, StartedSecurityHubContainer } from "./lib/testcontainers.cjs";
