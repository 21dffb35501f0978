// The calls of a façade's endpoints; its address and key are the program's arguments.
import createClient, { type Client } from "openapi-fetch";

declare const process: { argv: string[] };

const called: string[] = [];

export function facade<Paths extends {}>(): Client<Paths> {
  const [, , baseUrl = "", key] = process.argv;
  return createClient<Paths>({ baseUrl, headers: key ? { "X-API-Key": key } : {} });
}

export async function must<T>(
  endpoint: string,
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (error !== undefined || !response.ok) {
    throw new Error(`${endpoint}: ${response.status} ${JSON.stringify(error)}`);
  }
  called.push(endpoint);
  return data as T;
}

export function report(): void {
  console.log(JSON.stringify(called));
}
