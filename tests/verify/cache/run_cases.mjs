// Runs the cases of http-cache-tests: node run_cases.mjs PACKAGE RESULTS [ID]
//
// Prints the port of the origin, reads the URL of a cache in front of it from standard
// input, and writes what the cases told to RESULTS. The cases, what judges them and what
// answers them are the package's. The client is plain HTTP: fetch would follow
// redirects, and add fields of its own that are directions to a cache.
import { writeFileSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

const [folder, resultsFile, onlyId] = process.argv.slice(2)
const part = async (name) => import(pathToFileURL(path.join(folder, name)))

const { runTests, getResults } = await part('client/runner.mjs')
const { default: suites } = await part('tests/index.mjs')
const answers = {
  config: (await part('server/handle-config.mjs')).default,
  state: (await part('server/handle-state.mjs')).default,
  test: (await part('server/handle-test.mjs')).default
}

const origin = http.createServer((request, response) => {
  const [what, ...rest] = new URL(request.url, 'http://origin/').pathname.split('/').slice(1)
  answers[what](rest, request, response)
})

function ask (url, { method = 'GET', headers = [], body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method })
    for (const [name, value] of headers) request.appendHeader(name, String(value))
    if (body) request.setHeader('Content-Length', Buffer.byteLength(body))
    request.on('error', reject)
    request.on('response', (response) => read(response).then(resolve, reject))
    request.end(body)
  })
}

async function read (response) {
  const headers = new Headers()
  const raw = response.rawHeaders
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i], raw[i + 1])
  const chunks = await response.toArray()
  const text = Buffer.concat(chunks).toString()
  return {
    status: response.statusCode,
    statusText: response.statusMessage,
    headers,
    text: async () => text
  }
}

function toldOf (suite, results) {
  return suite.tests
    .filter(({ id }) => id in results)
    .map(({ id, name, kind = 'required', depends_on: needs = [] }) => ({
      id, name, kind, needs, suite: suite.name, passed: results[id] === true,
      why: results[id] === true ? '' : results[id].join(': ')
    }))
}

origin.listen(0, '127.0.0.1', async () => {
  console.log(origin.address().port)
  const lines = createInterface({ input: process.stdin })
  const { value: cache } = await lines[Symbol.asyncIterator]().next()
  const chosen = onlyId
    ? suites.map((suite) => ({ ...suite, tests: suite.tests.filter(({ id }) => id === onlyId) }))
    : suites
  await runTests(chosen, ask, false, cache)
  const results = getResults()
  writeFileSync(resultsFile, JSON.stringify(suites.flatMap((suite) => toldOf(suite, results))))
  process.exit(0)
})
