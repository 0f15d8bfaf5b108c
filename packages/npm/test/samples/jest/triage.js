const { SecurityHub } = require("@aws-sdk/client-securityhub");

/** The tested code creates its own client. */
exports.countFindings = async () => {
  const { Findings } = await new SecurityHub({}).getFindings({ MaxResults: 100 });
  return Findings.length;
};
