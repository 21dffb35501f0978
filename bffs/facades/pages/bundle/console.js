// Swagger UI over the OpenAPI document of the façade, which is beside the page.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import { credentialHeaders } from "./credential.js";

const own = new URL("openapi.json", location.href).href;

// The document has the path of the API. On a host of the façade, and behind a proxy with
// another prefix, the API is where this page is.
const servedHere = {
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (spec) =>
          update({ ...spec, servers: [{ url: new URL(".", location.href).href }] }),
      },
    },
  },
};

SwaggerUI({
  url: own,
  dom_id: "#console",
  deepLinking: true,
  validatorUrl: null,
  plugins: [servedHere],
  requestInterceptor: (request) => {
    if (request.url === own) Object.assign(request.headers, credentialHeaders());
    return request;
  },
});
