// usage: node apollo.mjs URL [MANIFEST]: Apollo Client, with a link for persisted queries.
// Without the manifest of `generate-persisted-query-manifest`, by automatic ones.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { generatePersistedQueryIdsFromManifest } from "@apollo/persisted-query-lists";
import { POPULAR, PROGRESS } from "./src/apollo_operations.js";
import { recordedFetch, report } from "./recorded_fetch.mjs";

const [uri, manifest] = process.argv.slice(2);
const ids = manifest
  ? generatePersistedQueryIdsFromManifest({
      loadManifest: async () => JSON.parse(await readFile(manifest, "utf8")),
    })
  : { sha256: (text) => createHash("sha256").update(text).digest("hex") };
const client = new ApolloClient({
  cache: new InMemoryCache(),
  clientAwareness: { name: "apollo", version: "1.2" },
  link: ApolloLink.from([
    new PersistedQueryLink({ ...ids, useGETForHashedQueries: true }),
    new HttpLink({ uri, fetch: recordedFetch }),
  ]),
});

const popular = () =>
  client.query({
    query: POPULAR,
    variables: { first: 2 },
    fetchPolicy: "network-only",
  });
const first = await popular();
const second = await popular();
const { data } = await client.mutate({
  mutation: PROGRESS,
  variables: { id: first.data.popular[0].id, seconds: 60 },
});

report({
  names: first.data.popular.map((each) => each.name),
  same: JSON.stringify(first.data) === JSON.stringify(second.data),
  seconds: data.setProgress.positionSeconds,
});
