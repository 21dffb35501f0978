// Calls each endpoint of the façade for phones.
import { must, report } from "./calls.js";
import { client } from "./demo.js";

const start = await must("GET /v1/start", client.GET("/v1/start"));
const badges = start.rows?.flatMap((row) => row.titles.map((title) => title.badge));
if (!badges?.some((badge) => badge?.kind === "CRITICS")) throw new Error("badges");

report();
