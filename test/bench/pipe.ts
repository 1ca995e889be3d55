import type { IncomingMessage, ServerResponse } from 'node:http'
import { Agent, createServer, request } from 'node:http'
import { Agent as UndiciAgent } from 'undici'

/**
 * The yardsticks: proxies that know nothing of LLMs. `node` is a bare `node:http` pipe with a
 * keep-alive agent; `undici` asks by undici's dispatch without pipelining, the fastest that there
 * is in Node.
 */
const [kind, port, upstreamPort] = process.argv.slice(2)
const server = createServer({ noDelay: true }, kind === 'undici' ? undiciPipe() : nodePipe())
server.listen(Number(port), '127.0.0.1')
process.on('disconnect', () => process.exit(0))

type Pipe = (incoming: IncomingMessage, outgoing: ServerResponse) => void

function nodePipe(): Pipe {
  const agent = new Agent({ keepAlive: true, noDelay: true })
  return (incoming, outgoing) => {
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
  }
}

function undiciPipe(): Pipe {
  const agent = new UndiciAgent({ pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  const origin = `http://127.0.0.1:${upstreamPort}`
  return (incoming, outgoing) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('end', () => {
      const [only] = pieces
      agent.dispatch(
        {
          origin,
          path: incoming.url ?? '/',
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces),
        },
        {
          onRequestStart: (controller) => {
            outgoing.on('drain', () => controller.resume())
            outgoing.on('close', () => controller.abort(new Error('the client is gone')))
          },
          onResponseStart: (_controller, statusCode, headers) => {
            outgoing.writeHead(statusCode, headers)
          },
          onResponseData: (controller, chunk) => {
            if (!outgoing.write(chunk)) controller.pause()
          },
          onResponseEnd: () => outgoing.end(),
          onResponseError: () => outgoing.destroy(),
        },
      )
    })
  }
}
