// usage: node app.js URL: requests with the types and ids of GraphQL Code Generator.
import { graphql } from "./gql/gql.js";
import type { TypedDocumentString } from "./gql/graphql.js";
// @ts-expect-error: a module without types
import { recordedFetch, report } from "../recorded_fetch.mjs";

declare const process: { argv: string[] };

const Popular = graphql(`
  query CodegenPopular($first: Int) {
    popular(first: $first) {
      id
      name
    }
  }
`);
const Progress = graphql(`
  mutation CodegenProgress($id: ID!, $seconds: Int!) {
    setProgress(title: $id, positionSeconds: $seconds, user: "u7") {
      positionSeconds
    }
  }
`);

async function execute<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await recordedFetch(process.argv[2], {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ documentId: document.__meta__?.["hash"], variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const { popular } = await execute(Popular, { first: 2 });
const id = popular[0]?.id ?? "";
const { setProgress } = await execute(Progress, { id, seconds: 60 });
const names: string[] = popular.map((each) => each.name);

report({ names, seconds: setProgress.positionSeconds });
