// Calls each endpoint of the façade for the web.
import { must, report } from "./calls.js";
import { client } from "./demo.js";

const charts = await must("GET /v1/charts", client.GET("/v1/charts"));
const grossed = charts.items.map((item) => item.boxOffice.grossWorldwide ?? 0);
if (Math.max(...grossed) <= 0) throw new Error("charts");

report();
