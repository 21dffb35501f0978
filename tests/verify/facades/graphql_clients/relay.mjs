// usage: node relay.mjs URL: relay-runtime sends the ids that relay-compiler wrote.
import {
  Environment,
  Network,
  RecordSource,
  Store,
  commitMutation,
  fetchQuery,
} from "relay-runtime";
import popularQuery from "./relay/__generated__/appPopularQuery.graphql.js";
import progress from "./relay/__generated__/appProgressMutation.graphql.js";
import { recordedFetch, report } from "./recorded_fetch.mjs";

const [url] = process.argv.slice(2);
const network = Network.create(async (parameters, variables) => {
  const response = await recordedFetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ doc_id: parameters.id, variables }),
  });
  return response.json();
});
const environment = new Environment({ network, store: new Store(new RecordSource()) });

const { popular } = await fetchQuery(environment, popularQuery, {
  first: 2,
}).toPromise();
const { setProgress } = await new Promise((onCompleted, onError) =>
  commitMutation(environment, {
    mutation: progress,
    variables: { id: popular[0].id, seconds: 60 },
    onCompleted,
    onError,
  }),
);

report({
  ids: popular.map((each) => each.id),
  seconds: setProgress.positionSeconds,
});
