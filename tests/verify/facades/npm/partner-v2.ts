// Calls each endpoint of the second version of the partner API with the generated types.
import { facade, must, report } from "./calls.js";
import type { paths } from "./api.js";

const client = facade<paths>();

const titles = await must(
  "GET /titles",
  client.GET("/titles", { params: { query: { first: 2 } } }),
);
const first = titles.items[0];
if (first === undefined || titles.items.length !== 2) throw new Error("titles");

const found = await must(
  "GET /search",
  client.GET("/search", { params: { query: { q: first.title, first: 1 } } }),
);
if (found.items[0]?.title !== first.title) throw new Error("search");

const title = await must(
  "GET /titles/{id}",
  client.GET("/titles/{id}", { params: { path: { id: first.id } } }),
);
if (title.title !== first.title) throw new Error("another title");

const listing = await must(
  "GET /listing",
  client.GET("/listing", { params: { query: { first: 2, genre: title.genre.id } } }),
);
if (!listing.items.every((each) => each.link.startsWith("https://"))) {
  throw new Error("links");
}

report();
