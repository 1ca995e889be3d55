import { afterEach, describe, expect, test, vi } from 'vitest'
import type { TelemetryConfig } from '../../../collector/config/config.ts'
import { Secret } from '../../../collector/config/secret.ts'
import type { AttemptSummary, RequestSummary } from '../../../collector/routing/recorder.ts'
import {
  type SidecarTelemetry,
  createTelemetry,
} from '../../../collector/telemetry/create-telemetry.ts'
import type { Failure } from '../../../collector/upstream/failure.ts'
import { KEYS_BY_SPAN } from '../../../collector/vocabulary.ts'
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '../../support/otlp-receiver.ts'
import { recordLog } from '../../support/record-log.ts'

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  vi.unstubAllEnvs()
})

/** Never waited for where all is well: the machine may be busy. */
const PATIENCE = { timeout: 15_000 }

const API_KEY = 'a-key-that-looks-like-nothing'

async function receiver(port?: number): Promise<OtlpReceiver> {
  const started = await startOtlpReceiver(port)
  cleanups.push(() => started.stop())
  return started
}

function telemetryTo(url: string, overrides: Partial<TelemetryConfig> = {}) {
  const log = recordLog()
  const telemetry = createTelemetry({
    config: {
      enabled: true,
      tracesUrl: `${url}/v1/traces`,
      headers: new Map(),
      encoding: 'http/protobuf',
      exportTimeoutMs: 2_000,
      serviceName: 'secondwind',
      resourceAttributes: new Map(),
      queueSpansMax: 1_000,
      batchSpansMax: 100,
      batchDelayMs: 5,
      sampleRatio: 1,
      ...overrides,
    },
    secrets: [new Secret(API_KEY)],
    version: '1.2.3',
    log,
  })
  cleanups.push(() => telemetry.stop(0))
  return { telemetry, log }
}

const CUT: Failure = {
  reason: 'stream-cut',
  phase: 'mid_stream',
  errorType: 'ECONNRESET',
  message: `read ECONNRESET with ${API_KEY} and sk-live-1234567890`,
}

const OK_SUMMARY: RequestSummary = {
  route: 'gpt',
  stream: true,
  outcome: 'ok',
  attempts: 1,
  fallbacksConfigured: ['backup'],
  fallbacksDisabled: false,
  targetsSkipped: [{ deployment: 'gpt/2', reason: 'breaker_open' }],
  client: { statusCode: 200, complete: true, closingFrameAdded: false, envelopes: 1, bytes: 10 },
  headerHoldExpired: false,
}

const OK_ATTEMPT: AttemptSummary = {
  result: 'ok',
  statusCode: 200,
  finishReason: 'stop',
  delivered: { chunks: 2, chars: 10, kinds: ['text'], toolCalls: 0 },
  receivedTerminal: true,
  preludeEvents: 1,
  chunks: 2,
  longestSilenceMs: 3.5,
}

const FIRST_ATTEMPT = {
  number: 1,
  kind: 'initial',
  route: 'gpt',
  deployment: 'gpt/1',
  provider: 'openai',
  model: 'gpt-4o',
  serverAddress: '127.0.0.1',
  serverPort: 8080,
  apiKey: API_KEY,
  breakerState: 'closed',
  droppedFields: [],
  stream: true,
} as const

/** A request whose first target broke mid-stream and whose second finished the answer. */
function recordRescue(telemetry: SidecarTelemetry, traceparent?: string): string {
  const request = telemetry.startRequest({
    api: 'chat',
    path: '/v1/chat/completions',
    ...(traceparent === undefined ? {} : { traceparent }),
  })
  const first = request.startAttempt(FIRST_ATTEMPT)
  first.firstContent('text', 1)
  first.end({
    ...OK_ATTEMPT,
    result: 'failed',
    failure: CUT,
    finishReason: undefined as never,
    receivedTerminal: false,
  })
  const fallback = request.recordFallback({
    attemptNumber: 2,
    fromRoute: 'gpt',
    toRoute: 'backup',
    fromDeployment: 'gpt/1',
    toDeployment: 'backup/1',
    reason: 'stream-cut',
    strategy: 'user_turn',
    why: 'capability',
    forced: false,
    capability: { prefill: 'no', source: 'table' },
    payload: {
      messages: 3,
      lastRole: 'user',
      prefill: false,
      bytes: 99,
      tools: 0,
      messagesAdded: 2,
      partialChars: 10,
    },
  })
  const second = request.startAttempt({
    ...FIRST_ATTEMPT,
    number: 2,
    kind: 'fallback',
    deployment: 'backup/1',
    model: 'claude',
  })
  second.firstContent('text', 1)
  fallback.end({ verified: true, aligned: false, droppedChars: 7, heldMs: 2.5 })
  second.end(OK_ATTEMPT)
  request.end({
    ...OK_SUMMARY,
    outcome: 'rescued',
    attempts: 2,
    rootCause: { attempt: 1, failure: CUT },
  })
  return request.traceId
}

function recordHealthy(telemetry: SidecarTelemetry): void {
  const request = telemetry.startRequest({ api: 'chat', path: '/v1/chat/completions' })
  const attempt = request.startAttempt(FIRST_ATTEMPT)
  attempt.firstContent('text', 1)
  attempt.end(OK_ATTEMPT)
  request.end(OK_SUMMARY)
}

/** Ids and times are of the process, and two processes hash a key in two ways. */
function comparable({ name, kind, status, attributes, scope }: ReceivedSpan) {
  const known = [...attributes].filter(([key]) => key !== 'secondwind.attempt.key_hash')
  return { name, kind, status, scope, attributes: new Map(known) }
}

describe('createTelemetry', () => {
  test('exports the span tree of a rescued request', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    recordRescue(telemetry)
    const spans = await analyzer.waitForSpans(8)
    const byName = (name: string) => spans.filter((span) => span.name === name)
    const [root] = byName('POST /v1/chat/completions')
    const [primary] = byName('chat gpt-4o')
    const [fallback] = byName('fallback gpt backup')
    const [secondary] = byName('chat claude')
    expect(spans).toHaveLength(8)
    expect(root?.parentSpanId).toBe('')
    expect([root?.kind, primary?.kind, fallback?.kind]).toEqual(['server', 'client', 'internal'])
    for (const span of [primary, fallback, secondary]) {
      expect(span?.parentSpanId).toBe(root?.spanId)
    }
    expect(byName('first_chunk').map((span) => span.parentSpanId)).toEqual([
      primary?.spanId,
      secondary?.spanId,
    ])
    const [brokenStream, goodStream] = byName('stream')
    expect(brokenStream?.parentSpanId).toBe(primary?.spanId)
    expect(brokenStream?.status.code).toBe('error')
    expect(brokenStream?.attributes.get('secondwind.failure.reason')).toBe('stream-cut')
    expect(goodStream?.status.code).toBe('unset')
    expect(goodStream?.attributes.get('secondwind.terminal')).toBe('stop')
    expect(primary?.status.code).toBe('error')
    expect(primary?.attributes.get('error.type')).toBe('ECONNRESET')
    expect(primary?.attributes.get('gen_ai.response.finish_reasons')).toEqual(['error'])
    expect(secondary?.attributes.get('gen_ai.response.finish_reasons')).toEqual(['stop'])
    expect(fallback?.attributes.get('secondwind.seam.verified')).toBe(true)
    expect(fallback?.attributes.get('secondwind.payload.messages_added')).toBe(2)
    expect(root?.attributes.get('secondwind.targets.skipped')).toEqual(['gpt/2=breaker_open'])
    expect(root?.status.code).toBe('unset')
  })

  test('exports the same as JSON to a receiver that wants it', async () => {
    const [protobuf, json] = [await receiver(), await receiver()]
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`
    recordRescue(telemetryTo(protobuf.url).telemetry, traceparent)
    recordRescue(telemetryTo(json.url, { encoding: 'http/json' }).telemetry, traceparent)
    const [binary, text] = [await protobuf.waitForSpans(8), await json.waitForSpans(8)]
    expect(json.headers()['content-type']).toBe('application/json')
    expect(text.map(comparable)).toEqual(binary.map(comparable))
    expect(text.map(({ traceId }) => traceId)).toEqual(binary.map(({ traceId }) => traceId))
    expect(text[0]?.parentSpanId).toBe('cd'.repeat(8))
    expect(text[0]?.resource.get('service.version')).toBe('1.2.3')
    for (const { startTimeNs, endTimeNs } of text) expect(endTimeNs >= startTimeNs).toBe(true)
  })

  test('writes only keys of the vocabulary, and first_chunk ends where stream begins', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    recordRescue(telemetry)
    const spans = await analyzer.waitForSpans(8)
    const allowed = new Set<string>(Object.values(KEYS_BY_SPAN).flat())
    for (const span of spans) {
      for (const key of span.attributes.keys()) expect(allowed).toContain(key)
      expect(span.endTimeNs).toBeGreaterThanOrEqual(span.startTimeNs)
    }
    const firstChunk = spans.find((span) => span.name === 'first_chunk')
    const stream = spans.find((span) => span.name === 'stream')
    expect(stream?.startTimeNs).toBe(firstChunk?.endTimeNs)
  })

  test('exports no secret, however the upstream quoted it, and no command line', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    recordRescue(telemetry)
    await analyzer.waitForSpans(8)
    const bytes = analyzer.text()
    expect(bytes).not.toContain(API_KEY)
    expect(bytes).not.toContain('sk-live')
    expect(bytes).toContain('read ECONNRESET with [redacted]')
    expect(bytes).not.toContain('process.command')
    expect(analyzer.spans()[0]?.resource.get('service.name')).toBe('secondwind')
    expect(analyzer.spans()[0]?.resource.get('service.version')).toBe('1.2.3')
  })

  test('follows the caller’s trace and records even what the caller did not sample', async () => {
    vi.stubEnv('OTEL_TRACES_SAMPLER', 'always_off')
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    const traceId = recordRescue(telemetry, `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00`)
    const spans = await analyzer.waitForSpans(8)
    expect(traceId).toBe('ab'.repeat(16))
    expect(spans.find((span) => span.kind === 'server')?.parentSpanId).toBe('cd'.repeat(8))
    expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  })

  test('tells a provider of the attempt’s own span', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    const request = telemetry.startRequest({ api: 'chat', path: '/v1/chat/completions' })
    const attempt = request.startAttempt(FIRST_ATTEMPT)
    const told = attempt.traceparent()
    attempt.end(OK_ATTEMPT)
    request.end(OK_SUMMARY)
    const spans = await analyzer.waitForSpans(3)
    const span = spans.find(({ kind }) => kind === 'client')
    expect(told).toBe(`00-${request.traceId}-${span?.spanId}-01`)
  })

  test('ends a first_chunk that never came with the reason and ERROR', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    const request = telemetry.startRequest({ api: 'messages', path: '/v1/messages' })
    const failure: Failure = {
      reason: 'timeout-first-event',
      phase: 'before_headers',
      message: 'x',
    }
    request
      .startAttempt(FIRST_ATTEMPT)
      .end({ ...OK_ATTEMPT, result: 'failed', failure, receivedTerminal: false, preludeEvents: 0 })
    request.end({ ...OK_SUMMARY, outcome: 'failed', rootCause: { attempt: 1, failure } })
    const spans = await analyzer.waitForSpans(3)
    const firstChunk = spans.find((span) => span.name === 'first_chunk')
    expect(firstChunk?.status.code).toBe('error')
    expect(firstChunk?.attributes.get('secondwind.failure.reason')).toBe('timeout-first-event')
    const root = spans.find((span) => span.kind === 'server')
    expect(root?.status.code).toBe('error')
    expect(root?.attributes.get('error.type')).toBe('timeout-first-event')
  })

  test('leaves no span open where a request ends before its attempt', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    const request = telemetry.startRequest({ api: 'chat', path: '/v1/chat/completions' })
    request.startAttempt(FIRST_ATTEMPT)
    request.end({ ...OK_SUMMARY, outcome: 'cancelled' })
    await analyzer.waitForSpans(3)
    expect(telemetry.counts().get('ended')).toBe(3)
  })

  test('delivers what happened while the analyzer was away, once it is back', async () => {
    const away = await receiver()
    const { port, url } = away
    await away.stop()
    const { telemetry, log } = telemetryTo(url)
    recordRescue(telemetry)
    expect(await telemetry.flush(PATIENCE.timeout)).toBe(false)
    expect(log.lines.map((line) => line.message)).toEqual(['spans cannot be delivered; they wait'])
    const back = await receiver(port)
    await back.waitForSpans(8)
    await vi.waitFor(() => expect(telemetry.counts().get('sent')).toBe(8), PATIENCE)
    expect(telemetry.counts().get('waiting')).toBe(0)
    expect(log.lines.at(-1)?.message).toBe('spans are delivered again')
  })

  test('drops healthy requests before rescued ones when the queue is full, and counts them', async () => {
    const away = await receiver()
    const { port, url } = away
    await away.stop()
    const { telemetry } = telemetryTo(url, { queueSpansMax: 20, batchDelayMs: 60_000 })
    recordRescue(telemetry)
    for (let i = 0; i < 10; i += 1) recordHealthy(telemetry)
    recordRescue(telemetry)
    const counts = telemetry.counts()
    expect(counts.get('ended')).toBe(8 + 40 + 8)
    expect(counts.get('dropped_queue_full')).toBe(36)
    expect(counts.get('waiting')).toBe(20)
    const back = await receiver(port)
    expect(await telemetry.flush(PATIENCE.timeout)).toBe(true)
    const roots = back.spans().filter((span) => span.kind === 'server')
    expect(roots.map((span) => span.attributes.get('secondwind.outcome'))).toEqual([
      'rescued',
      'rescued',
      'ok',
    ])
  })

  test('keeps what a receiver refuses that refuses everything, and sends it when it does not', async () => {
    const analyzer = await receiver()
    analyzer.answer(413)
    const { telemetry, log } = telemetryTo(analyzer.url)
    recordHealthy(telemetry)
    recordRescue(telemetry)
    await vi.waitFor(() => expect(log.lines).toHaveLength(1), PATIENCE)
    analyzer.answer(200)
    await vi.waitFor(() => expect(telemetry.counts().get('sent')).toBe(12), PATIENCE)
    expect(telemetry.counts().get('dropped_rejected')).toBe(0)
  })

  test('is not held for ever by a receiver that answers one byte at a time', async () => {
    const { createServer } = await import('node:http')
    const dribbling = createServer((_request, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('{'), 20)
      response.on('close', () => clearInterval(timer))
    })
    await new Promise<void>((resolve) => {
      dribbling.listen(0, '127.0.0.1', resolve)
    })
    const address = dribbling.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { telemetry, log } = telemetryTo(`http://127.0.0.1:${port}`, { exportTimeoutMs: 500 })
    recordHealthy(telemetry)
    await vi.waitFor(() => expect(log.lines).toHaveLength(1), PATIENCE)
    expect(telemetry.counts().get('waiting')).toBe(4)
    dribbling.closeAllConnections()
    dribbling.close()
  })

  test('tells whether two attempts shared a key, and never which key it was', async () => {
    const analyzer = await receiver()
    const { telemetry } = telemetryTo(analyzer.url)
    const request = telemetry.startRequest({ api: 'chat', path: '/v1/chat/completions' })
    for (const [index, apiKey] of ['key-one', 'key-two', 'key-one'].entries()) {
      request.startAttempt({ ...FIRST_ATTEMPT, number: index + 1, apiKey, stream: false })
    }
    request.end(OK_SUMMARY)
    recordHealthy(telemetryTo(analyzer.url).telemetry)
    const spans = await analyzer.waitForSpans(8)
    const hashes = spans
      .filter((span) => span.kind === 'client')
      .map((span) => span.attributes.get('secondwind.attempt.key_hash'))
    expect(hashes[0]).toMatch(/^[0-9a-f]{12}$/)
    expect(hashes[2]).toBe(hashes[0])
    expect(hashes[1]).not.toBe(hashes[0])
    expect(analyzer.text()).not.toMatch(/key-one|key-two/)
  })

  test('stops within its limit although the receiver never answers', async () => {
    const { createServer } = await import('node:net')
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve)
    })
    const address = silent.address()
    const port = typeof address === 'object' ? address?.port : 0
    const { telemetry } = telemetryTo(`http://127.0.0.1:${port}`)
    recordHealthy(telemetry)
    await telemetry.stop(50)
    const counts = telemetry.counts()
    expect(counts.get('dropped_shutdown')).toBe(4)
    expect(counts.get('ended')).toBe(4)
    silent.close()
  })

  test('serves on, with a trace id, where recording throws', () => {
    const { telemetry, log } = telemetryTo('http://127.0.0.1:9')
    const broken = {
      ...FIRST_ATTEMPT,
      get model(): string {
        throw new Error('boom')
      },
    }
    const request = telemetry.startRequest({ api: 'chat', path: '/v1/chat/completions' })
    const attempt = request.startAttempt(broken)
    attempt.firstContent('text', 0)
    attempt.end(OK_ATTEMPT)
    expect(request.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(telemetry.counts().get('recording_errors')).toBe(1)
    expect(log.lines.map((line) => line.level)).toEqual(['error'])
  })

  test('hands out trace ids, and nothing else, where telemetry is switched off', async () => {
    const { telemetry } = telemetryTo('http://127.0.0.1:9', { enabled: false })
    const request = telemetry.startRequest({ api: 'chat', path: '/v1/chat/completions' })
    expect(request.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(await telemetry.flush(1)).toBe(true)
  })

  test('keeps two telemetries in one process apart', async () => {
    const [one, two] = [await receiver(), await receiver()]
    recordHealthy(telemetryTo(one.url).telemetry)
    recordRescue(telemetryTo(two.url).telemetry)
    expect(await one.waitForSpans(4)).toHaveLength(4)
    expect(await two.waitForSpans(8)).toHaveLength(8)
  })
})
