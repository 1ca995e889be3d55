import { Agent, createServer, request } from 'node:http'

/** The yardstick: a bare `node:http` pipe with a keep-alive agent, which knows nothing of LLMs. */
const upstreamPort = Number(process.argv[2])
const agent = new Agent({ keepAlive: true, noDelay: true })

const server = createServer({ noDelay: true }, (incoming, outgoing) => {
  const call = request(
    {
      agent,
      host: '127.0.0.1',
      port: upstreamPort,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
    },
    (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    },
  )
  call.on('error', () => outgoing.destroy())
  incoming.pipe(call)
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port })
})
process.on('disconnect', () => process.exit(0))
