// Swagger UI over the OpenAPI document of the façade, which is beside the page.
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import { credentialHeaders } from "./credential.js";

const own = new URL("openapi.json", location.href).href;

SwaggerUI({
  url: own,
  dom_id: "#console",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (request.url === own) Object.assign(request.headers, credentialHeaders());
    return request;
  },
});
