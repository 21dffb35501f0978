// Calls each endpoint of the first version of the partner API with the generated types.
import { facade, must, report } from "./calls.js";
import type { paths } from "./api.js";

const client = facade<paths>();

const found = await must(
  "GET /search",
  client.GET("/search", { params: { query: { q: "Shawshank" } } }),
);
const first = found.items[0];
if (first?.__typename !== "Title" || first.year < 1800) throw new Error("search");

const title = await must(
  "GET /titles/{id}",
  client.GET("/titles/{id}", { params: { path: { id: first.id } } }),
);
if (title.name !== first.name) throw new Error("another title");

report();
