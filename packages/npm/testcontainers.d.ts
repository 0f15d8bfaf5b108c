export * from "./lib/testcontainers.cjs";
