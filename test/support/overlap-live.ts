import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'vitest'

import type { WireHealth, WireRequest, WireRequestList } from '../../analyzer/api/wire.ts'
import { byTrace } from '../../analyzer/story/by-trace.ts'
import { lacksItsRequest, NOTHING_ARRIVED, withArrival } from '../../analyzer/story/settle.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { seededRandom } from '../../demo/random.ts'
import type { Recording } from './litellm-recordings.ts'
import { union } from './move-recordings.ts'
import { protobufRequest } from './otlp.ts'
import { overlap, type Overlapped, type OverlapOptions } from './overlap-recordings.ts'
import { runAnalyzer, type RunningAnalyzer } from './running-analyzer.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitUntil } from './wait-until.ts'

/** Longer than it takes to send a crowd: what belongs together is then told together. */
const SETTLE_MS = 1000
/** As an exporter sends them: of many requests, and rarely all of one. */
const BATCH_SPANS = 256

/**
 * Requests of one process at one time, all the way: exported over real OTLP in batches that part
 * them, stored, settled, joined and judged by a running analyzer, and asked of its API. Returns
 * what is said of them that is not so; that nothing is said is allowed.
 */
export async function faultsOfLiveOverlap(
  recordings: readonly Recording[],
  options: Omit<OverlapOptions, 'random'> & { readonly seed: number },
): Promise<readonly string[]> {
  const random = seededRandom(options.seed)
  const overlapped = overlap(recordings, { ...options, random })
  const routerConfigFile = join(temporaryFolder(), 'config.yaml')
  writeFileSync(routerConfigFile, JSON.stringify(union(recordings.map(({ config }) => config))))
  const analyzer = await runAnalyzer({ routerConfigFile, settleMs: SETTLE_MS })
  await sendAll(analyzer, shuffled(overlapped.spans, random))
  const told = await requestsOn(analyzer)
  await analyzer.stop()
  expect(told.length).toBeGreaterThan(overlapped.parts.length / 3)
  return [...joinedWrongly(overlapped, told), ...misjudged(overlapped, told)]
}

async function sendAll({ send, api }: RunningAnalyzer, spans: readonly Span[]): Promise<void> {
  for (let at = 0; at < spans.length; at += BATCH_SPANS) {
    const { status } = await send(protobufRequest(spans.slice(at, at + BATCH_SPANS)))
    expect(status).toBe(200)
  }
  const endless = tracesWithoutEnd(spans)
  await waitUntil(async () => {
    const { requestsPending, spansStored } = await api<WireHealth>('health')
    return spansStored === spans.length && requestsPending === endless
  }, `all but ${endless} judged`)
}

/** Of a proxy that never exported how its request ended: they are waited for, longer than here. */
function tracesWithoutEnd(spans: readonly Span[]): number {
  return byTrace(spans).filter((own) =>
    lacksItsRequest(
      own.reduce((all, span) => withArrival(all, { span, receivedAtMs: 0 }), NOTHING_ARRIVED),
    ),
  ).length
}

async function requestsOn({ api }: RunningAnalyzer): Promise<readonly WireRequest[]> {
  const all: WireRequest[] = []
  for (let before = ''; ;) {
    const { requests, next } = await api<WireRequestList>(`requests?limit=200${before}`)
    all.push(...requests)
    if (next === null) return all
    before = `&before=${next}`
  }
}

/** Traces and spans of two requests in what is told as one. */
function joinedWrongly({ parts }: Overlapped, told: readonly WireRequest[]): readonly string[] {
  const owners = new Map<string, Set<string>>()
  for (const { id, spans } of parts) {
    for (const { traceId, spanId } of spans) {
      for (const key of [traceId, spanId]) owners.set(key, (owners.get(key) ?? new Set()).add(id))
    }
  }
  return told.flatMap(({ traceIds, requestSpanId, findings }) => {
    const ids = [
      ...traceIds,
      requestSpanId,
      ...findings.flatMap(({ evidence }) => evidence.map(({ spanId }) => spanId)),
    ]
    // Some clients sent one `traceparent` with every request: such a trace is nobody's own.
    const named = ids.map((id) => [...(owners.get(id) ?? [])]).filter(({ length }) => length === 1)
    const all = new Set(named.flat())
    return all.size > 1 ? [[...all].join(' with ')] : []
  })
}

function misjudged({ parts }: Overlapped, told: readonly WireRequest[]): readonly string[] {
  return parts.flatMap(({ id, verdict, spans, expected }) => {
    const own = new Set(spans.map(({ spanId }) => spanId))
    const allowed = new Set([...expected.must, ...expected.may])
    return told
      .filter(({ requestSpanId }) => own.has(requestSpanId))
      .flatMap(({ outcome, findings }) => [
        ...([...expected.outcome, 'unknown'].includes(outcome) ? [] : [`outcome ${outcome}`]),
        ...findings.filter(({ rule }) => !allowed.has(rule)).map(({ rule }) => `false ${rule}`),
      ])
      .map((fault) => `${id} (${verdict}): ${fault}`)
  })
}

function shuffled<T>(list: readonly T[], random: () => number): readonly T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .toSorted((left, right) => left.at - right.at)
    .map(({ item }) => item)
}
