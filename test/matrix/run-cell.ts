import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { Telemetry } from '../../collector/routing/recorder.ts'
import type { Api } from '../../collector/vocabulary.ts'
import { startSidecar } from '../../collector/main.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { FakeUpstream, Script } from '../support/fake-upstream.ts'
import { loadTestConfig } from '../support/start-router.ts'
import type { Cell } from './cells.ts'
import type { Receipts } from './receipts.ts'
import { TargetWire, WORDS_BEFORE_BREAK } from './target-wire.ts'
import type { Said, WireOptions } from './target-wire.ts'

/** What a client got, to the last byte. */
export interface ClientAnswer {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The connection broke before HTTP had ended the body. */
  readonly cut: boolean
}

export interface CellRun {
  readonly cell: Cell
  readonly answer: ClientAnswer
  /** What each target that was asked said, in the order of asking. */
  readonly said: readonly Said[]
  /** Requests that came where a redirect pointed: none may. */
  readonly followed: number
}

export interface Stage {
  readonly upstream: FakeUpstream
  readonly scripts: Map<string, Script>
  readonly receipts: Receipts
  readonly telemetry: Telemetry
}

/** Nothing listens there. */
const REFUSING_ORIGIN = 'http://127.0.0.1:1'

export const PROVIDER_KEY = 'sk-canary-of-the-provider'

/** One script for every path that a stage has been told of. */
export function dispatch(scripts: ReadonlyMap<string, Script>): Script {
  return (exchange) => scripts.get(exchange.request.path.split('/')[1] ?? '')?.(exchange)
}

/** One request through a sidecar of its own, whose first target breaks as the cell says. */
export async function runCell(stage: Stage, cell: Cell, id: string): Promise<CellRun> {
  const clock = createFakeClock()
  const watched = watchAttempts(stage.telemetry)
  const apis = [cell.target, ...cell.fallbacks]
  const said: Said[] = []
  let followed = 0
  for (const [index, api] of apis.entries()) {
    const target = index + 1
    stage.scripts.set(`${id}-${target}`, async (exchange) => {
      if (exchange.request.path.endsWith('/moved')) followed += 1
      const wire = new TargetWire({
        exchange,
        api,
        target,
        style: cell.style,
        receipts: stage.receipts,
        clock,
        attemptsEnded: watched.ended,
      } satisfies WireOptions)
      said.push(wire.said)
      await perform(wire, cell, target)
    })
  }
  const sidecar = await startSidecar({
    config: configOf(stage, cell, id),
    telemetry: watched.telemetry,
    clock,
  })
  try {
    const answer = await ask(sidecar.port, cell)
    if (cell.fault.name === 'refused') {
      said.unshift({ target: 1, api: cell.target, terminal: false, error: false })
    }
    return { cell, answer, said, followed }
  } finally {
    await sidecar.stop()
  }
}

async function perform(wire: TargetWire, cell: Cell, target: number): Promise<void> {
  if (target === 1) {
    await cell.fault.perform(wire, cell.at)
    return
  }
  if (cell.chain === 'nobody left') {
    wire.whole(503, 'content-type: application/json\r\n', wire.errorBody(503))
    return
  }
  wire.open()
  wire.prelude()
  if (cell.chain === 'breaks too' && target === 2) {
    wire.words(WORDS_BEFORE_BREAK)
    await wire.settled()
    wire.exchange.rst()
    return
  }
  wire.finish()
}

/** Models that their provider's own names say enough about: which take a prefill, and which not. */
export function modelOf(api: Api, prefills: boolean): string {
  switch (api) {
    case 'chat':
      return 'openai/gpt-5'
    case 'messages':
      return prefills ? 'anthropic/claude-sonnet-4-5' : 'anthropic/claude-sonnet-4-6'
    case 'responses':
      return 'openai/responses/gpt-5'
    default:
      return api satisfies never
  }
}

function configOf(stage: Stage, cell: Cell, id: string) {
  const apis = [cell.target, ...cell.fallbacks]
  const names = apis.map((_, index) => (index === 0 ? 'asked' : `fallback-${index}`))
  return loadTestConfig({
    routes: apis.map((api, index) => {
      const isRefused = index === 0 && cell.fault.name === 'refused'
      return {
        name: names[index] ?? '',
        model: modelOf(api, cell.prefills),
        apiBase: `${isRefused ? REFUSING_ORIGIN : stage.upstream.url}/${id}-${index + 1}`,
        params: {
          api_key: PROVIDER_KEY,
          // A Responses client is asked of `openai/` in its own protocol unless this says no.
          ...(api === 'chat' && cell.client === 'responses' && { use_chat_completions_api: true }),
        },
      }
    }),
    ...(names.length > 1 && { fallbacks: { asked: names.slice(1) } }),
  })
}

const QUESTION = [{ role: 'user', content: 'Count to twenty-four.' }]

const PATHS: Readonly<Record<Api, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
  responses: '/v1/responses',
}

export function bodyOf(cell: Pick<Cell, 'client' | 'at'>): object {
  const tools = cell.at === 'in a tool call'
  const parameters = { type: 'object', properties: { city: { type: 'string' } } }
  switch (cell.client) {
    case 'chat':
      return {
        model: 'asked',
        stream: true,
        messages: QUESTION,
        ...(tools && {
          tools: [{ type: 'function', function: { name: 'get_weather', parameters } }],
        }),
      }
    case 'messages':
      return {
        model: 'asked',
        stream: true,
        max_tokens: 500,
        messages: QUESTION,
        ...(tools && { tools: [{ name: 'get_weather', input_schema: parameters }] }),
      }
    case 'responses':
      return {
        model: 'asked',
        stream: true,
        input: QUESTION,
        ...(tools && { tools: [{ type: 'function', name: 'get_weather', parameters }] }),
      }
    default:
      return cell.client satisfies never
  }
}

function ask(port: number, cell: Cell): Promise<ClientAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port,
        path: PATHS[cell.client],
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json' },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        const done = (cut: boolean): void =>
          resolve({
            statusCode: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
            cut,
          })
        response.on('end', () => done(false))
        response.on('error', () => done(true))
      },
    )
    request.on('error', reject)
    request.end(JSON.stringify(bodyOf(cell)))
  })
}

/** The telemetry that all cells share, and how many attempts of this one have ended. */
function watchAttempts(telemetry: Telemetry): {
  readonly telemetry: Telemetry
  readonly ended: () => number
} {
  let ended = 0
  return {
    ended: () => ended,
    telemetry: {
      counts: () => telemetry.counts(),
      // It outlives the sidecar of one cell.
      stop: () => Promise.resolve(),
      startRequest(start) {
        const request = telemetry.startRequest(start)
        return {
          traceId: request.traceId,
          traceparent: request.traceparent,
          recordFallback: (decision) => request.recordFallback(decision),
          end: (summary) => request.end(summary),
          startAttempt(attemptStart) {
            const attempt = request.startAttempt(attemptStart)
            return {
              traceparent: () => attempt.traceparent(),
              firstContent: (kind, preludeEvents) => attempt.firstContent(kind, preludeEvents),
              end(summary) {
                ended += 1
                attempt.end(summary)
              },
            }
          },
        }
      },
    },
  }
}
