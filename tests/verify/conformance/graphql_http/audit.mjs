// The audits of GraphQL over HTTP against one endpoint: node audit.mjs URL
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const table = results.map(({ id, name, status, reason = "" }) => ({ id, name, status, reason }));
console.log(JSON.stringify(table));
