import { createServer, type Server, type Socket } from 'node:net'
import { answerTo, continuationOf, piecesOf } from './answer-text.ts'
import { BEHAVIOURS, PREFILL_REFUSED } from './behaviours.ts'
import { serveConnection, type HttpReply, type HttpRequest } from './http-connection.ts'
import { parseModel, type ModelPlan } from './parse-model.ts'
import { performStream, type Performance } from './perform-stream.ts'
import { performWhole } from './perform-whole.ts'
import { chat } from './protocols/chat.ts'
import { messages } from './protocols/messages.ts'
import { isRecord, type Protocol, type ProviderRequest } from './protocols/protocol.ts'
import { responses } from './protocols/responses.ts'
import { createRequestLog, type ReceivedRequest } from './request-log.ts'
import type { ProviderError } from './script.ts'

export interface Provider {
  /** `http://127.0.0.1:PORT`, without a slash; OpenAI clients add `/v1`. */
  readonly url: string
  /** Every request that named a known model, oldest first, at most the last 2,000. */
  readonly requests: readonly ReceivedRequest[]
  stop(): Promise<void>
}

export interface ProviderOptions {
  /** 0 or absent: the system picks. */
  readonly port?: number
  /** Called once for every request that has arrived. */
  readonly log?: (request: ReceivedRequest) => void
}

const PROTOCOLS: readonly Protocol[] = [chat, responses, messages]
const TOOL = { id: 'call_demo_1', name: 'get_weather', arguments: '{"city":"Paris","days":3}' }

/**
 * An LLM provider on a raw loopback socket that breaks on purpose, by model name. Its answers are
 * the same for the same request, always.
 */
export async function startProvider(options: ProviderOptions = {}): Promise<Provider> {
  const log = createRequestLog()
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    void serveConnection(socket, (request, reply) =>
      answerRequest(request, reply, (received) => {
        const added = log.add(received)
        options.log?.(added)
        return added
      }),
    )
  })
  await listen(server, options.port ?? 0)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port was bound')
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: log.requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}

type AddToLog = (
  received: Parameters<ReturnType<typeof createRequestLog>['add']>[0],
) => ReceivedRequest

async function answerRequest(
  request: HttpRequest,
  reply: HttpReply,
  addToLog: AddToLog,
): Promise<void> {
  const path = request.path.split('?')[0] ?? ''
  if (request.method === 'GET' && path.endsWith('/models')) return listModels(reply)
  const protocol = PROTOCOLS.find((one) => path.endsWith(one.path))
  if (!protocol || request.method !== 'POST') {
    return refuse(reply, chat, { status: 404, error: notFound(`${request.method} ${path}`) })
  }
  const body = parseBody(request.body)
  if (!body) return refuse(reply, protocol, { status: 400, error: invalid('The body is no JSON.') })
  const asked = protocol.parse(body)
  const plan = parseModel(asked.model)
  if (!plan) return refuse(reply, protocol, { status: 404, error: notFound(asked.model) })
  const continuation = continuationOf(asked.turns)
  const received = addToLog({
    protocol: protocol.name,
    model: asked.model,
    stream: asked.stream,
    headers: request.headers,
    turns: asked.turns,
    lastRole: asked.turns.at(-1)?.role ?? '',
    continuation: continuation.kind,
    maxTokens: asked.maxTokens,
    tools: asked.tools,
    body,
  })
  await perform(reply, { protocol, asked, plan, received })
  if (received.ended === 'open') received.ended = reply.gone.aborted ? 'client-gone' : 'finished'
}

interface Asked {
  readonly protocol: Protocol
  readonly asked: ProviderRequest
  readonly plan: ModelPlan
  readonly received: ReceivedRequest
}

async function perform(
  reply: HttpReply,
  { protocol, asked, plan, received }: Asked,
): Promise<void> {
  const continuation = continuationOf(asked.turns)
  if (plan.refusesPrefill && continuation.kind === 'prefill') {
    return refuse(reply, protocol, { status: 400, error: PREFILL_REFUSED })
  }
  const first = plan.script[0]
  if (first?.step === 'refuse') return refuse(reply, protocol, first)
  const performance: Performance = {
    script: plan.script,
    encoder: protocol.encoder({
      id: `demo${String(received.number).padStart(6, '0')}`,
      model: asked.model,
      createdS: Math.floor(Date.now() / 1000),
      inputTokens: inputTokensOf(asked),
      includeUsage: asked.includeUsage,
      tool: TOOL,
    }),
    pieces: piecesOf(answerTo(continuation, plan.style)),
    paceMs: plan.paceMs,
    headers: idHeader(protocol, received.number),
    onWord: () => {
      received.wordsSent += 1
    },
  }
  if (asked.stream) await performStream(reply, performance)
  else await performWhole(reply, { protocol, performance })
}

function refuse(
  reply: HttpReply,
  protocol: Protocol,
  refusal: {
    readonly status: number
    readonly error: ProviderError
    readonly retryAfterS?: number | undefined
  },
): void {
  const { status, error, retryAfterS } = refusal
  const headers = {
    'content-type': 'application/json',
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
  }
  reply.whole(status, headers, JSON.stringify(protocol.errorBody(status, error)))
}

function listModels(reply: HttpReply): void {
  const data = BEHAVIOURS.map(({ example }) => ({
    id: example,
    object: 'model',
    created: 0,
    owned_by: 'demo',
  }))
  const headers = { 'content-type': 'application/json' }
  reply.whole(200, headers, JSON.stringify({ object: 'list', data }))
}

/** The provider's own name for the request, under the header that the protocol has for it. */
function idHeader(protocol: Protocol, number: number): Record<string, string> {
  const name = protocol.name === 'messages' ? 'request-id' : 'x-request-id'
  return { [name]: `req_demo${String(number).padStart(6, '0')}` }
}

/** Four characters are about a token. */
function inputTokensOf(asked: ProviderRequest): number {
  return Math.ceil(asked.turns.reduce((sum, turn) => sum + turn.text.length, 0) / 4)
}

function parseBody(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'))
    return isRecord(parsed) ? parsed : undefined
  } catch {
    // Not JSON: the caller answers 400.
    return undefined
  }
}

function notFound(what: string): ProviderError {
  return {
    type: 'not_found_error',
    code: 'model_not_found',
    message: `Not known to the demo provider: ${what}. GET /v1/models lists what it can do.`,
  }
}

function invalid(message: string): ProviderError {
  return { type: 'invalid_request_error', code: null, message }
}
