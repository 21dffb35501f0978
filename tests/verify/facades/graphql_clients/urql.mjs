// usage: node urql.mjs URL: urql, with its exchange for persisted queries.
import { Client, cacheExchange, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { recordedFetch, report } from "./recorded_fetch.mjs";

const [url] = process.argv.slice(2);
const client = new Client({
  url,
  fetch: recordedFetch,
  preferGetMethod: false,
  exchanges: [
    cacheExchange,
    persistedExchange({ preferGetForPersistedQueries: true }),
    fetchExchange,
  ],
});

function unwrap({ data, error }) {
  if (error) throw error;
  return data;
}

const POPULAR = `
  query UrqlPopular($first: Int) {
    popular(first: $first) { id name }
  }
`;
const PROGRESS = `
  mutation UrqlProgress($id: ID!, $seconds: Int!) {
    setProgress(title: $id, positionSeconds: $seconds, user: "u5") { positionSeconds }
  }
`;
const popular = () =>
  client.query(POPULAR, { first: 2 }, { requestPolicy: "network-only" }).toPromise();
const first = unwrap(await popular());
const second = unwrap(await popular());
const mutation = { id: first.popular[0].id, seconds: 60 };
const { setProgress } = unwrap(await client.mutation(PROGRESS, mutation).toPromise());
const { error } = await client.query("{ nothing }", {}).toPromise();

report({
  names: first.popular.map((each) => each.name),
  same: JSON.stringify(first) === JSON.stringify(second),
  seconds: setProgress.positionSeconds,
  error: error.graphQLErrors[0].extensions.code,
});
