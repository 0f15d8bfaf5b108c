module.exports = require("securityhub-local/jest").globalSetup({ scenario: "builtin:quickstart" });
