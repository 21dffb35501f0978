// The audits of GraphQL over HTTP against one endpoint: node audit.mjs URL KEY
import { auditServer } from "graphql-http";

const [, , url, key] = process.argv;
const fetchFn = (input, { headers, ...init } = {}) =>
  fetch(input, { ...init, headers: { ...headers, "X-API-Key": key } });
const results = await auditServer({ url, fetchFn });
const table = results.map(({ id, name, status, reason = "" }) => ({ id, name, status, reason }));
console.log(JSON.stringify(table));
