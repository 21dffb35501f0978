// Calls each endpoint of the façades for TVs and consoles.
import { must, report } from "./calls.js";
import { client } from "./demo.js";

const screensaver = await must("GET /v1/screensaver", client.GET("/v1/screensaver"));
const videos = screensaver.items.map((item) => item.ambientVideo);
if (!videos.every((url) => url.startsWith("https://"))) throw new Error("videos");

report();
