// GraphiQL on the endpoint beside the page, with the operations of the façade.
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { useGraphiQL } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { buildSchema } from "graphql";
import { useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { credentialHeaders } from "./credential.js";
import "./graphiql.css";

const root = document.getElementById("graphiql");
const operations = JSON.parse(root.dataset.operations);
const isDevelopment = root.dataset.mode === "development";
const headers = credentialHeaders();

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(
      new URL(
        ["graphql", "json"].includes(label) ? `${label}.worker.js` : "editor.worker.js",
        import.meta.url,
      ),
    ),
};

let last = null;
const listeners = new Set();
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
const report = (response) => {
  last = response;
  for (const each of listeners) each();
};

async function fetcher(params, { headers: own } = {}) {
  // A façade with stored operations only runs them by their ids.
  const stored = operations.find((each) => each.text === params.query);
  const { query, ...others } = params;
  const sent = stored ? { ...others, documentId: stored.id } : params;
  const started = performance.now();
  // In development mode, the page has an endpoint that explains each response.
  const response = await fetch(isDevelopment ? "graphiql/query" : "graphql", {
    method: "POST",
    headers: { accept: "application/json", "content-type": "application/json", ...own },
    body: JSON.stringify(sent),
  });
  const text = await response.text();
  const took = performance.now() - started;
  const { extensions, ...result } = JSON.parse(text);
  const { explained, ...shown } = extensions ?? {};
  report({ status: response.status, took, explained, extensions: shown });
  return Object.keys(shown).length ? { ...result, extensions: shown } : result;
}

function Operations() {
  const query = useGraphiQL((state) => state.queryEditor);
  const variables = useGraphiQL((state) => state.variableEditor);
  const open = (each) => {
    query?.setValue(each.text);
    variables?.setValue(each.variables);
  };
  return (
    <section className="weir-panel" aria-label="Stored operations">
      <h2>Stored operations</h2>
      <ul>
        {operations.map((each) => (
          <li key={each.id}>
            <button type="button" onClick={() => open(each)}>
              {each.label}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Explanation({ plan, fetches, took_ms, bytes }) {
  return (
    <>
      <p>
        {took_ms} ms in the gateway, {bytes} bytes.
      </p>
      <table>
        <thead>
          <tr>
            <th>Fetch</th>
            <th>From ms</th>
            <th>Took ms</th>
            <th>Errors</th>
          </tr>
        </thead>
        <tbody>
          {fetches.map((each, index) => (
            <tr key={index}>
              <td>
                {each.subgraph}
                {each.entities > 0 && `, ${each.entities} entities`}
              </td>
              <td>{each.started_ms}</td>
              <td>{each.took_ms}</td>
              <td>{each.errors}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Plan</h3>
      <pre>{plan}</pre>
    </>
  );
}

function LastResponse() {
  const response = useSyncExternalStore(subscribe, () => last);
  return (
    <section className="weir-panel" aria-label="Last response">
      <h2>Last response</h2>
      {response ? (
        <>
          <p>
            Status {response.status}, {response.took.toFixed(1)} ms in the browser.
          </p>
          {response.explained && <Explanation {...response.explained} />}
          {Object.entries(response.extensions).map(([name, value]) => (
            <div key={name}>
              <h3>{name}</h3>
              <pre>{JSON.stringify(value, null, 2)}</pre>
            </div>
          ))}
        </>
      ) : (
        <p>Run an operation to see its plan, its cost and its times.</p>
      )}
    </section>
  );
}

const icon = (path) =>
  function Icon() {
    return (
      <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5">
        <path d={path} />
      </svg>
    );
  };
const plugins = [
  HISTORY_PLUGIN,
  ...(operations.length
    ? [
        {
          title: "Stored operations",
          icon: icon("M2 3h12M2 8h12M2 13h8"),
          content: Operations,
        },
      ]
    : []),
  ...(isDevelopment
    ? [
        {
          title: "Last response",
          icon: icon("M8 4v4l3 2M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13"),
          content: LastResponse,
        },
      ]
    : []),
];

async function schema() {
  const response = await fetch("schema.graphql", { headers });
  if (!response.ok) return undefined; // GraphiQL introspects instead.
  return buildSchema(await response.text(), { assumeValid: true });
}

createRoot(root).render(
  <GraphiQL
    fetcher={fetcher}
    schema={await schema()}
    plugins={plugins}
    defaultQuery=""
    initialHeaders={Object.keys(headers).length ? JSON.stringify(headers, null, 2) : ""}
    shouldPersistHeaders={false}
  />,
);
