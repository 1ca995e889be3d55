import type { Attributes, AttributeValue, Span } from '../../analyzer/story/span.ts'
import type { RecordedConfig, Recording } from './litellm-recordings.ts'
import { callSpans } from './select-recordings.ts'

/** Recorded requests as other installations would have exported them: what happened is the same. */

type Change = (recording: Recording) => Recording

/** What an operator and a Collector put on every span of a process. */
export const withOperatorsResource: Change = (recording) => {
  const added = new Map<string, AttributeValue>([
    ['service.name', 'ai-gateway'],
    ['service.namespace', 'platform'],
    ['k8s.pod.name', 'ai-gateway-7d9c'],
    ['host.name', 'node-3'],
  ])
  const known = new Map<Attributes, Attributes>()
  return mapSpans(recording, (span) => {
    const resource = known.get(span.resource) ?? new Map([...span.resource, ...added])
    known.set(span.resource, resource)
    return { ...span, resource }
  })
}

/** Between a request's span and what stood right below it. */
export const withMiddleware: Change = (recording) => {
  const added: Span[] = []
  const byRequest = new Map(
    recording.spans
      .filter(({ kind, name }) => kind === 'server' || name === 'Received Proxy Server Request')
      .map((span) => [`${span.traceId}-${span.spanId}`, span]),
  )
  const moved = recording.spans.map((span) => {
    const request = byRequest.get(`${span.traceId}-${span.parentSpanId}`)
    if (request === undefined) return span
    const spanId = reversed(request.spanId)
    if (!added.some((one) => one.spanId === spanId && one.traceId === span.traceId)) {
      added.push(internal(request, { spanId, parentSpanId: request.spanId, name: 'middleware' }))
    }
    return { ...span, parentSpanId: spanId }
  })
  return { ...recording, spans: [...moved, ...added] }
}

/** ASGI's own spans below the request, the last of which outlives it. */
export const withAsgiSpans: Change = (recording) => ({
  ...recording,
  spans: recording.spans.flatMap((span, position) => {
    if (span.kind !== 'server') return [span]
    const id = position.toString(16).padStart(2, '0')
    const part = (name: string, number: string): Span => ({
      ...internal(span, {
        spanId: `a5${number}${id}`.padEnd(16, '0'),
        parentSpanId: span.spanId,
        name,
      }),
      endTimeNs: span.endTimeNs + 3_000_000n,
      attributes: new Map([
        ['asgi.event.type', 'http.response.body'],
        ['http.status_code', '200'],
      ]),
    })
    return [span, part('POST http receive', '1'), part('POST http send', '2')]
  }),
})

/** The HTTP client below every call, as OpenTelemetry instruments it. */
export const withHttpClient: Change = (recording) =>
  withBelow(recording, (call, id) => [
    {
      ...internal(call, { spanId: id, parentSpanId: call.spanId, name: 'POST' }),
      kind: 'client',
      status: call.status,
      attributes: new Map<string, AttributeValue>([
        ['http.request.method', 'POST'],
        ['http.response.status_code', call.status.code === 'error' ? 500n : '200'],
        ['url.full', 'https://api.example.com/v1/chat/completions'],
      ]),
      scope: { name: 'opentelemetry.instrumentation.httpx', version: '0.49b0' },
    },
  ])

/** An instrumented client library inside of LiteLLM: the same call by the GenAI convention. */
export const withGenAiClient: Change = (recording) =>
  withBelow(recording, (call, id) => [
    {
      ...internal(call, { spanId: id, parentSpanId: call.spanId, name: 'chat some-model' }),
      kind: 'client',
      status: call.status,
      attributes: new Map<string, AttributeValue>([
        ['gen_ai.operation.name', 'chat'],
        ['gen_ai.provider.name', 'openai'],
        ['gen_ai.request.model', 'some-model'],
        ['error.type', 'APIError'],
      ]),
      scope: { name: 'opentelemetry.instrumentation.openai_v2', version: '2.1b0' },
    },
  ])

/** The upstream traces, too, on another machine: a model server of one's own. */
export const withUpstreamSpans: Change = (recording) =>
  withBelow(recording, (call, id) => [
    {
      ...internal(call, { spanId: id, parentSpanId: call.spanId, name: 'llm_request' }),
      kind: 'server',
      startTimeNs: call.startTimeNs - 7_000_000_000n,
      endTimeNs: call.endTimeNs - 7_000_000_000n,
      status: { code: 'error', message: '' },
      attributes: new Map<string, AttributeValue>([
        ['gen_ai.request.model', 'meta/some-model'],
        ['gen_ai.response.model', 'meta/some-model'],
        ['gen_ai.usage.completion_tokens', 3n],
        ['gen_ai.latency.time_to_first_token', 40],
        ['http.response.status_code', 500n],
        ['http.route', '/v1/chat/completions'],
      ]),
      scope: { name: 'vllm.llm_engine', version: '' },
      resource: new Map([['service.name', 'vllm']]),
    },
  ])

/** Other providers of the same wire formats, in labels, configs and LiteLLM's own error classes. */
export const onOtherProviders: Change = (recording) =>
  mapTexts(recording, (text) =>
    text
      .replaceAll('openai/', 'azure/')
      .replaceAll('anthropic/', 'vertex_ai/')
      .replaceAll('OpenAIException', 'AzureException')
      .replaceAll('AnthropicException', 'VertexAIException')
      .replace(/^openai$/u, 'azure')
      .replace(/^anthropic$/u, 'vertex_ai'),
  )

/** What the providers of the recordings said, in other words. */
export function saying(words: string): Change {
  return (recording) =>
    mapTexts(recording, (text) => text.replaceAll(/[^.:;{}"'\n-]{3,60}\(lab\)/gu, ` ${words}`))
}

export function mapTexts(recording: Recording, change: (text: string) => string): Recording {
  const value = (one: AttributeValue): AttributeValue => {
    if (typeof one === 'string') return change(one)
    return Array.isArray(one) ? one.map(value) : one
  }
  const attributes = (all: Attributes): Attributes =>
    new Map([...all].map(([key, one]) => [key, value(one)]))
  return {
    ...mapSpans(recording, (span) => ({
      ...span,
      name: change(span.name),
      status: { ...span.status, message: change(span.status.message) },
      attributes: attributes(span.attributes),
      events: span.events.map((event) => ({ ...event, attributes: attributes(event.attributes) })),
    })),
    config: JSON.parse(JSON.stringify(recording.config), (_, one: unknown) =>
      typeof one === 'string' ? change(one) : one,
    ) as RecordedConfig,
  }
}

function mapSpans(recording: Recording, change: (span: Span) => Span): Recording {
  return { ...recording, spans: recording.spans.map(change) }
}

function withBelow(
  recording: Recording,
  below: (call: Span, id: string) => readonly Span[],
): Recording {
  const added = callSpans(recording).flatMap((call, position) =>
    below(call, `be10${position.toString(16).padStart(2, '0')}${call.spanId.slice(6)}`),
  )
  return { ...recording, spans: [...recording.spans, ...added] }
}

function internal(around: Span, names: Pick<Span, 'spanId' | 'parentSpanId' | 'name'>): Span {
  return {
    ...around,
    ...names,
    kind: 'internal',
    status: { code: 'unset', message: '' },
    attributes: new Map(),
    events: [],
    scope: { name: 'operators.middleware', version: '1' },
  }
}

function reversed(hex: string): string {
  return hex.split('').toReversed().join('')
}
