// Composes and plans as the reference does. Each line of the input is
// {"subgraphs": [{"name", "sdl"}], "operations": [text]}; each line of the output is
// {"codes", "messages", "api", "plans": [{"fetches", "depth"}]}.
import { createInterface } from "node:readline";

import { composeServices } from "@apollo/composition";
import { operationFromDocument, Supergraph } from "@apollo/federation-internals";
import { QueryPlanner } from "@apollo/query-planner";
import { parse, printSchema } from "graphql";

function fetches(node) {
  if (!node) return 0;
  if (node.kind === "Fetch") return 1;
  const below = node.nodes ?? [node.node, node.ifClause, node.elseClause];
  return below.reduce((sum, each) => sum + fetches(each), 0);
}

function depth(node) {
  if (!node) return 0;
  if (node.kind === "Fetch") return 1;
  const below = (node.nodes ?? [node.node, node.ifClause, node.elseClause]).map(depth);
  return node.kind === "Sequence"
    ? below.reduce((sum, each) => sum + each, 0)
    : Math.max(0, ...below);
}

function planned(planner, supergraph, text) {
  const operation = operationFromDocument(supergraph.apiSchema(), parse(text));
  const { node } = planner.buildQueryPlan(operation);
  return { fetches: fetches(node), depth: depth(node) };
}

function outcome({ subgraphs, operations }) {
  const composed = composeServices(
    subgraphs.map(({ name, sdl }) => ({
      name,
      url: `http://${name}`,
      typeDefs: parse(sdl),
    })),
  );
  if (composed.errors) {
    return {
      codes: composed.errors.map((each) => each.extensions?.code ?? "GRAPHQL"),
      messages: composed.errors.map((each) => each.message),
      api: "",
      plans: [],
    };
  }
  const supergraph = Supergraph.buildForTests(composed.supergraphSdl);
  const planner = new QueryPlanner(supergraph);
  return {
    codes: [],
    messages: [],
    api: printSchema(supergraph.apiSchema().toGraphQLJSSchema()),
    plans: operations.map((text) => planned(planner, supergraph, text)),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  let result;
  try {
    result = outcome(JSON.parse(line));
  } catch (error) {
    result = { codes: ["THROWN"], messages: [String(error.stack)], api: "", plans: [] };
  }
  console.log(JSON.stringify(result));
}
