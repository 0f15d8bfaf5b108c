export default { test: { globalSetup: ["./securityhub.setup.mjs"], include: ["*.test.mjs"] } };
