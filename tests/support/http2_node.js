// An HTTP/2 server by another hand than our client's: Node.js, which is on nghttp2.
// Echoes bodies; at /restart it says that it goes away, and answers what it began.
const http2 = require('node:http2')

const server = http2.createServer({ settings: { maxConcurrentStreams: 20 } })
server.on('stream', (stream, headers) => {
  const parts = []
  stream.on('error', () => {})
  stream.on('data', (part) => parts.push(part))
  stream.on('end', () => {
    const answer = () => {
      if (stream.destroyed) return
      stream.respond({ ':status': 200, 'x-path': headers[':path'] })
      stream.end(Buffer.concat(parts))
    }
    if (headers[':path'] === '/restart') {
      stream.session.goaway(0, stream.id)
      setTimeout(answer, 100)
    } else answer()
  })
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
