module.exports = { globalSetup: "<rootDir>/securityhub.setup.cjs" };
