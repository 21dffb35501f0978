// Each request that a client sends, as `METHOD form status`.
export const requests = [];

export async function recordedFetch(url, init = {}) {
  const response = await fetch(url, init);
  const method = init.method ?? "GET";
  requests.push(`${method} ${form(String(url), init.body)} ${response.status}`);
  return response;
}

function form(url, body) {
  const members = body ? JSON.parse(body) : parameters(url);
  const query = members.query ? "query" : "";
  const id = members.documentId ?? members.doc_id ? "id" : "";
  const hash = members.extensions?.persistedQuery ? "hash" : "";
  return [query, id, hash].filter(Boolean).join("+");
}

function parameters(url) {
  const members = Object.fromEntries(new URL(url).searchParams);
  if (members.extensions) members.extensions = JSON.parse(members.extensions);
  return members;
}

export function report(result) {
  console.log(JSON.stringify({ ...result, requests }));
}
