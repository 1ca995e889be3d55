import { expect, test } from 'vitest'

import { judge } from '../../../analyzer/rules/judge.ts'
import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../../analyzer/story/router-config.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import type { CompactSpan } from '../../support/compact-span.ts'
import { loadRecordings, tellRecording, type Recording } from '../../support/litellm-recordings.ts'
import { tellStories } from '../../support/tell-stories.ts'

/** Requests of a router in process that were rescued: each attempt is a trace of its own. */
const rescued = loadRecordings().filter(
  (recording) =>
    recording.id.includes('/sdk-') &&
    recording.expected.outcome.join() === 'rescued' &&
    new Set(recording.spans.map((span) => span.traceId)).size > 1,
)

interface Copy {
  readonly id: string
  readonly lateMs: number
  /** Of another process. */
  readonly instance?: string
}

/** The same request once more: other ids, a little later. */
function copyOf(spans: readonly Span[], { id, lateMs, instance }: Copy): readonly Span[] {
  const by = BigInt(lateMs) * 1_000_000n
  const renamed = (hex: string): string => (hex === '' ? '' : `${id}${hex.slice(id.length)}`)
  const resources = new Map<Span['resource'], Span['resource']>()
  return spans.map((span) => {
    const resource =
      instance === undefined
        ? span.resource
        : (resources.get(span.resource) ??
          new Map([...span.resource, ['service.instance.id', instance]]))
    resources.set(span.resource, resource)
    return {
      ...span,
      traceId: renamed(span.traceId),
      spanId: renamed(span.spanId),
      parentSpanId: renamed(span.parentSpanId),
      startTimeNs: span.startTimeNs + by,
      endTimeNs: span.endTimeNs + by,
      events: span.events.map((event) => ({ ...event, timeNs: event.timeNs + by })),
      resource,
    }
  })
}

function tell(recording: Recording, ...copies: readonly (readonly Span[])[]): readonly Story[] {
  return assembleStories({
    source: 'sdk',
    spans: [...recording.spans, ...copies.flat()],
    routerConfig: parseRouterConfig(recording.config),
  })
}

test('attempts in traces of their own are one request, and that is likely at most', () => {
  expect(rescued.length).toBeGreaterThan(40)
  for (const recording of rescued) {
    const stories = tellRecording(recording)
    expect(stories.map((story) => [story.outcome, story.sureness])).toEqual([['rescued', 'likely']])
    expect(stories[0]?.attempts.length).toBeGreaterThan(1)
  }
})

test('two requests that could be each other’s attempts are not joined, and nothing is found', () => {
  for (const recording of rescued) {
    const stories = tell(recording, copyOf(recording.spans, { id: 'ab', lateMs: 4 }))
    expect(stories.flatMap((story) => judge(story))).toEqual([])
    expect(stories.filter((story) => story.outcome === 'failed')).toEqual([])
  }
})

test('two processes do not share requests', () => {
  for (const recording of rescued) {
    const copy = copyOf(recording.spans, { id: 'ab', lateMs: 4, instance: 'another' })
    const stories = tell(recording, copy)
    expect(stories.map((story) => story.outcome)).toEqual(['rescued', 'rescued'])
  }
})

test('the same request a second later is another one', () => {
  for (const recording of rescued) {
    const lasted = recording.spans.reduce(
      (most, span) => Math.max(most, Number((span.endTimeNs - span.startTimeNs) / 1_000_000n)),
      0,
    )
    const copy = copyOf(recording.spans, { id: 'ab', lateMs: lasted + 1000 })
    expect(tell(recording, copy).map((story) => story.outcome)).toEqual(['rescued', 'rescued'])
  }
})

test('among too many traces a failure is not the end of its request', () => {
  for (const recording of rescued) {
    const [first] = recording.spans
    const alone = recording.spans.filter((span) => span.traceId === first?.traceId)
    const stories = assembleStories({
      source: 'sdk',
      spans: alone,
      routerConfig: parseRouterConfig(recording.config),
      crowded: true,
    })
    expect(stories.filter((story) => story.outcome === 'failed')).toEqual([])
  }
})

test('under load, what cannot be told apart is unknown, and never a failure', () => {
  const [recording] = rescued
  if (recording === undefined) throw new Error('no recording of a rescued request')
  const copies = Array.from({ length: 1000 }, (_, position) =>
    copyOf(recording.spans, { id: position.toString(16).padStart(6, '0'), lateMs: position * 6 }),
  )
  const outcomes = new Set(tell(recording, ...copies).map((story) => story.outcome))
  expect([...outcomes]).toEqual(['unknown'])
})

test('a call with another first user message is no attempt of this request', () => {
  const told = rescued.filter(({ spans }) => spans.every((span) => !isCall(span) || hashOf(span)))
  expect(told.length).toBeGreaterThan(10)
  for (const recording of told) {
    const copy = copyOf(recording.spans, { id: 'ab', lateMs: 4 }).map((span) => ({
      ...span,
      attributes: new Map(
        [...span.attributes].map(([key, value]) => [
          key,
          key === 'gen_ai.input.messages' && typeof value === 'string'
            ? value.replace(hashOf(span) ?? '', 'another-user')
            : value,
        ]),
      ),
    }))
    const outcomes = tell(recording, copy).map((story) => story.outcome)
    expect(outcomes).toEqual(['rescued', 'rescued'])
  }
})

function isCall(span: Span): boolean {
  return span.attributes.has('litellm.call_id')
}

function hashOf(span: Span): string | undefined {
  const shape = span.attributes.get('gen_ai.input.messages')
  return typeof shape === 'string' ? /"firstUserHash":"([^"]+)"/u.exec(shape)?.[1] : undefined
}

function call(id: string, route: string, failed: boolean): CompactSpan {
  return {
    name: 'litellm_request',
    id,
    trace: id,
    ms: failed ? [0, 100] : [120, 300],
    scope: 'litellm',
    status: failed ? 'error' : 'ok',
    attributes: {
      'litellm.call_id': id,
      'litellm.model_group': route,
      'litellm.provider.model': `openai/${route}-model`,
      'gen_ai.request.model': `${route}-model`,
      'gen_ai.operation.name': 'acompletion',
      'metadata.routing_decision': 'x',
      ...(failed
        ? {
            'error.type': 'InternalServerError',
            'error.message': 'litellm.InternalServerError: OpenAIException - down',
          }
        : {}),
    },
  }
}

test('a fallback of a fallback belongs to its request, where the one between left no span', () => {
  const config = {
    model_list: ['first', 'second', 'third'].map((name) => ({
      model_name: name,
      litellm_params: { model: `openai/${name}-model` },
    })),
    fallbacks: [{ first: ['second'] }, { second: ['third'] }],
    num_retries: 0,
  }
  const stories = tellStories([call('1', 'first', true), call('2', 'third', false)], config)
  expect(stories.map(({ outcome, route }) => [outcome, route])).toEqual([['rescued', 'first']])
})
