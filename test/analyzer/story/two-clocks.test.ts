import { describe, expect, test, vi } from 'vitest'

import { judge } from '../../../analyzer/rules/judge.ts'
import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../../analyzer/story/router-config.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import type { Story } from '../../../analyzer/story/story.ts'
import { toOtlpJson, type CompactSpan } from '../../support/compact-span.ts'
import { decodeDocument } from '../../support/decode-document.ts'
import { endOf, NO_TROUBLE, type World } from '../../support/metamorphic.ts'
import { loadRecordings, type Recording } from '../../support/litellm-recordings.ts'
import { shift, union } from '../../support/move-recordings.ts'
import { placeTraces } from '../../support/place-traces.ts'
import { callSpans } from '../../support/select-recordings.ts'
import { TraceBuilder } from '../../support/trace-builder.ts'

/**
 * One trace, two senders, two clocks: whoever called the gateway, the gateway, and what it called.
 * Only what one process noted is compared in time; how far another clock is off changes nothing.
 */
const recordings = loadRecordings()

/** Hundreds of recordings, told several times each: seconds, unless the machine is busy. */
vi.setConfig({ testTimeout: 180_000 })

const SECOND_NS = 1_000_000_000n
const SKEWS = [3n, -3n, 90n, -90n, 86_400n, -86_400n].map((seconds) => seconds * SECOND_NS)

describe('LiteLLM behind a caller', () => {
  const called = recordings.filter(({ spans }) => spans.some(isProxysOwn))

  test('the story of a request is the same, whatever the clock of its caller says', () => {
    for (const [position, recording] of called.entries()) {
      const straight = calledBy(recording, 0n)
      // Each by another clock: there are many more recordings than skews.
      const skewNs = SKEWS[position % SKEWS.length] ?? 0n
      expect(tell(recording, calledBy(recording, skewNs))).toEqual(tell(recording, straight))
    }
  })

  test('and the caller adds nothing to it', () => {
    const changed = called.flatMap((recording) => {
      const among = tell(recording, calledBy(recording, 3n * SECOND_NS))
      const [was, is] = [tell(recording), among].map(verdictsOf)
      return was === is ? [] : [`${recording.id}: ${was} became ${is}`]
    })
    expect(changed).toEqual([])
  })
})

describe('the sidecar behind LiteLLM', () => {
  const asked = recordings.filter((recording) => callSpans(recording).length > 0)

  test('both tell what each of them tells alone, whatever the other’s clock says', () => {
    for (const [position, recording] of asked.entries()) {
      const skewNs = SKEWS[position % SKEWS.length] ?? 0n
      const behind = sidecarsOf(recording, skewNs)
      const stories = tell(recording, [...recording.spans, ...behind])
      const [own, theirs] = [of(stories, 'secondwind'), without(stories, 'secondwind')]
      expect([recording.id, theirs]).toEqual([recording.id, tell(recording)])
      expect([recording.id, own]).toEqual([recording.id, tell(recording, behind)])
      expect(own).toHaveLength(callSpans(recording).length)
    }
  })

  test('attempts of a router in process find each other, whatever the sidecar’s clock says', () => {
    const apart = recordings.filter(
      ({ mode, expected, spans }) =>
        mode.includes('/sdk-') &&
        expected.outcome.join() === 'rescued' &&
        new Set(spans.map(({ traceId }) => traceId)).size > 1,
    )
    expect(apart.length).toBeGreaterThan(40)
    const alone = outcomesIn(worldOf(apart, undefined))
    expect(new Set(alone.values())).toContain('rescued')
    for (const skewNs of [90n * SECOND_NS, -86_400n * SECOND_NS]) {
      const told = outcomesIn(worldOf(apart, skewNs))
      const changed = [...alone].filter(([id, outcome]) => told.get(id) !== outcome)
      expect(changed.map(([id]) => [id, told.get(id)])).toEqual([])
    }
  })
})

test('below an application’s SERVER span the attempts of LiteLLM v1 find each other, too', () => {
  const split = recordings.filter(({ mode, id }) => mode === '1.109.1/sdk-v1' && /\/app-/u.test(id))
  const served = split.map((recording) => ({
    ...recording,
    spans: recording.spans.flatMap((span) =>
      span.name === 'checkout' ? [{ ...span, parentSpanId: APP_ID }, serverOf(span)] : [span],
    ),
  }))
  const [alone, below_] = [
    outcomesIn(worldOf(split, undefined)),
    outcomesIn(worldOf(served, undefined)),
  ]
  expect([...below_]).toEqual([...alone])
})

const APP_ID = 'a0a0a0a0a0a0a0a0'

function serverOf(span: Span): Span {
  return {
    ...span,
    spanId: APP_ID,
    parentSpanId: '',
    name: 'POST /checkout',
    kind: 'server',
    status: { code: 'unset', message: '' },
    attributes: new Map([['http.route', '/checkout']]),
    events: [],
    scope: { name: 'opentelemetry.instrumentation.fastapi', version: '0.49b0' },
  }
}

function tell({ id, config, spans: own }: Recording, spans: readonly Span[] = own) {
  return assembleStories({ source: id, spans, routerConfig: parseRouterConfig(config) })
}

function verdictsOf(stories: readonly Story[]): string {
  return JSON.stringify(
    stories.map((story) => [story.outcome, story.attempts.length, rulesOf([story])]),
  )
}

function rulesOf(stories: readonly Story[]): readonly string[] {
  return stories.flatMap((story) => judge(story).map(({ rule }) => rule))
}

function of(stories: readonly Story[], dialect: string): readonly Story[] {
  return stories.filter((story) => story.dialect === dialect)
}

function without(stories: readonly Story[], dialect: string): readonly Story[] {
  return stories.filter((story) => story.dialect !== dialect)
}

function isProxysOwn({ name, scope }: Span): boolean {
  return (
    scope.name === 'litellm' && (name === 'Received Proxy Server Request' || /^auth\b/u.test(name))
  )
}

/** Each request to the proxy below the span of a caller that has none yet. */
function calledBy(recording: Recording, skewNs: bigint): readonly Span[] {
  const proxied = recording.spans.filter(isProxysOwn).map(({ traceId }) => traceId)
  const own = recording.spans.map((span) =>
    span.parentSpanId === '' && proxied.includes(span.traceId)
      ? { ...span, parentSpanId: CALLER_ID }
      : span,
  )
  return [...own, ...[...new Set(proxied)].flatMap((id) => callerOf(own, { id, skewNs }))]
}

const CALLER_ID = 'ca11ca11ca11ca11'
const MESH_ID = 'ca11ca11ca110000'

/** An application, and the mesh around it, on another machine. */
function callerOf(
  spans: readonly Span[],
  { id, skewNs }: { readonly id: string; readonly skewNs: bigint },
): readonly Span[] {
  const own = spans.filter(({ traceId }) => traceId === id)
  const [first] = own
  if (first === undefined) return []
  const mesh: Span = {
    ...first,
    spanId: MESH_ID,
    parentSpanId: '',
    name: 'POST',
    kind: 'server',
    startTimeNs: own.map(({ startTimeNs }) => startTimeNs).reduce(least) - 2_000_000n,
    endTimeNs: own.map(({ endTimeNs }) => endTimeNs).reduce(most) + 2_000_000n,
    status: { code: 'error', message: '' },
    attributes: new Map([['http.target', '/v1/chat/completions']]),
    events: [],
    scope: { name: 'callers-app', version: '1.0.0' },
    resource: new Map([['service.name', 'checkout']]),
  }
  const client: Span = { ...mesh, spanId: CALLER_ID, parentSpanId: MESH_ID, kind: 'client' }
  return [mesh, client].map((span) => shift(span, skewNs))
}

/** Below every call: the sidecar was asked, its first target failed, and another one served. */
function sidecarsOf(recording: Recording, skewNs: bigint): readonly Span[] {
  const resource = new Map([['service.name', 'secondwind']])
  return callSpans(recording).flatMap((call, position) => {
    const id = (0xa0 + position).toString(16)
    const spans = decodeDocument(toOtlpJson(rescuedBySidecar(id)))
    const startNs = spans[0]?.startTimeNs ?? 0n
    return spans.map((span) => ({
      ...shift(span, call.startTimeNs - startNs + skewNs),
      traceId: call.traceId,
      parentSpanId: span.parentSpanId === '' ? call.spanId : span.parentSpanId,
      resource,
    }))
  })
}

function rescuedBySidecar(id: string): readonly CompactSpan[] {
  return new TraceBuilder({ id })
    .attempt({ failed: { reason: 'overloaded', phase: 'before_headers', statusCode: 529 } })
    .fallback()
    .attempt({ kind: 'fallback', route: 'gpt-fallback' })
    .end()
}

/** Far enough apart not to be taken for one another. */
function worldOf(own: readonly Recording[], skewNs: bigint | undefined): World {
  return {
    traces: own.flatMap((recording, number) => {
      const behind = skewNs === undefined ? [] : sidecarsOf(recording, skewNs)
      const startNs = 1_760_000_000_000_000_000n + BigInt(number) * 30n * SECOND_NS
      const all = [...recording.spans, ...behind]
      const [first, begins] = [recording.spans, all].map((spans) =>
        spans.map((span) => span.startTimeNs).reduce(least),
      )
      // By the router's own clock.
      return placeTraces(all, { number, startNs: startNs + (begins ?? 0n) - (first ?? 0n) })
    }),
    routerConfig: parseRouterConfig(union(own.map(({ config }) => config))),
  }
}

function outcomesIn(world: World): ReadonlyMap<string, string> {
  const { requests } = endOf(world, NO_TROUBLE)
  return new Map(
    requests
      .map((request) => request as { storyId: string; wire: { dialect: string; outcome: string } })
      .filter(({ wire }) => wire.dialect !== 'secondwind')
      .map(({ storyId, wire }) => [storyId, wire.outcome]),
  )
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other
}

function most(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}
