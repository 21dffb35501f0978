// Calls each endpoint of the library with openapi-fetch and the generated types.
import { facade, must, report } from "./calls.js";
import type { paths } from "./api.js";

const client = facade<paths>();

const filter = { kind: "FILM" as const, since: 1922 };
const page = await must(
  "GET /titles",
  client.GET("/titles", { params: { query: { first: 1, filter } } }),
);
const names: string[] = page.items.map((item) => item.name);
if (names[0] !== "Metropolis" || page.totalCount < 2) throw new Error("titles");

const title = await must(
  "GET /titles/{id}",
  client.GET("/titles/{id}", {
    params: { path: { id: "1" }, header: { "X-Language": "de" } },
  }),
);
if (title.director?.name !== "Fritz Lang") throw new Error("title");

const some = await must(
  "GET /some-titles",
  client.GET("/some-titles", { params: { query: { ids: ["1", "2"] } } }),
);
if (some.items.length !== 2) throw new Error("some titles");

const matching = await must(
  "GET /matching-titles",
  client.GET("/matching-titles", {
    params: { query: { kinds: ["SERIES", "FILM"], kind: "SERIES", withYear: false } },
  }),
);
if (matching.others.totalCount !== 1) throw new Error("matching titles");

const node = await must(
  "GET /nodes/{id}",
  client.GET("/nodes/{id}", { params: { path: { id: "p1" } } }),
);
if (node.__typename !== "Person" || node.name !== "Fritz Lang") throw new Error("node");

const count = await must(
  "GET /count",
  client.GET("/count", { params: { query: { kind: "SERIES" } } }),
);
if (count.count !== 1) throw new Error("count");

const added = await must(
  "POST /titles",
  client.POST("/titles", { body: { name: "Gold", kind: "FILM", year: 1934 } }),
);
if (added.year !== 1934) throw new Error("added");

const rated = await must(
  "PUT /titles/{id}/rating",
  client.PUT("/titles/{id}/rating", {
    params: { path: { id: "1" } },
    body: { rating: 4.5 },
  }),
);
if (rated.rating !== 4.5) throw new Error("rated");

await must(
  "DELETE /titles/{id}",
  client.DELETE("/titles/{id}", { params: { path: { id: "1" } } }),
);

report();
