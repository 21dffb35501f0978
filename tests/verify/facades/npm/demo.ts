// Calls the endpoints that all façades of the demo have, with the generated types.
import { facade, must } from "./calls.js";
import type { paths } from "./api.js";

export const client = facade<paths>();

const home = await must("GET /v1/home", client.GET("/v1/home"));
const first = home.popular[0];
if (first === undefined) throw new Error("nothing is popular");

const found = await must(
  "GET /v1/search",
  client.GET("/v1/search", { params: { query: { q: "a", user: "u2" } } }),
);
for (const each of found.items) {
  if (each.__typename === "Title" && each.year < 1800) throw new Error("a year");
}

const title = await must(
  "GET /v1/titles/{id}",
  client.GET("/v1/titles/{id}", { params: { path: { id: first.id } } }),
);
if (title.name !== first.name) throw new Error("another title");

const progress = await must(
  "POST /v1/titles/{id}/progress",
  client.POST("/v1/titles/{id}/progress", {
    params: { path: { id: first.id } },
    body: { positionSeconds: 60, user: "u3" },
  }),
);
if (progress.positionSeconds !== 60) throw new Error("progress");
