import { SecurityHub } from "@aws-sdk/client-securityhub";

/** The tested code creates its own client. */
export async function resolve(Id, ProductArn) {
  const client = new SecurityHub({});
  await client.batchUpdateFindings({ FindingIdentifiers: [{ Id, ProductArn }], Workflow: { Status: "RESOLVED" } });
}
