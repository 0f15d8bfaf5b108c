export default { test: { include: ["accounts.test.mjs"] } };
