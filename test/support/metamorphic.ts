import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { expect, onTestFinished } from 'vitest'

import { parseRouterConfig, type RouterConfig } from '../../analyzer/story/router-config.ts'
import { JudgeLoop } from '../../analyzer/settling/judge-loop.ts'
import type { SpanReader } from '../../analyzer/store/store.ts'
import type { VerdictStore } from '../../analyzer/store/verdict-store.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { seededRandom } from '../../demo/random.ts'
import { arrivalOf } from './arrivals.ts'
import { toOtlpJson, type CompactSpan } from './compact-span.ts'
import { decodeDocument } from './decode-document.ts'
import { instrumentationRecordings, spansOfRecording } from './instrumentation-recordings.ts'
import { loadRecordings } from './litellm-recordings.ts'
import { openTestStore } from './open-test-store.ts'
import { later, placeTraces } from './place-traces.ts'

/**
 * Whatever order spans come in, however often and however late, one world of traces must end in one
 * set of verdicts (invariant I8).
 */
export interface World {
  readonly traces: readonly (readonly Span[])[]
  readonly routerConfig: RouterConfig
}

export const SOURCE = 'router'
const SETTLE_MS = 15_000
const MINUTE_MS = 60_000
const NS_PER_MS = 1_000_000n
/** When the first trace of a world begins. */
const START_NS = 1_760_000_000_000_000_000n
const START_MS = Number(START_NS / NS_PER_MS)
/** Longer than any trace waits for its request span. */
const LONGEST_WAIT_MS = 36 * MINUTE_MS

/** What senders do to spans on their way. */
export interface Trouble {
  readonly seed: number
  /** Share of spans that come again later. */
  readonly duplicated: number
  /** Share of spans that come long after the others of their trace, some after its verdict. */
  readonly delayed: number
  /** Share of deliveries after which the judge is killed. */
  readonly killed: number
  /** How far the sender's clock is ahead of the analyzer's; behind where it is less than zero. */
  readonly aheadMs?: number
}

export const NO_TROUBLE: Trouble = { seed: 0, duplicated: 0, delayed: 0, killed: 0 }

/**
 * Real traces of LiteLLM's proxies and routers, and of our own sidecar, so near to each other that
 * many could be parts of one request.
 */
export function buildWorld(traces: number, seed: number): World {
  return worldOf([...recordedTraces(), ...sidecarTraces()], traces, seed)
}

/** Calls of applications, many of them noted by two libraries in traces of their own. */
export function buildApplicationWorld(traces: number, seed: number): World {
  const all = instrumentationRecordings()
  const twice = all.filter(({ library }) => library === 'openinference-langchain')
  return worldOf([...all, ...twice, ...twice, ...twice].map(spansOfRecording), traces, seed)
}

function worldOf(all: readonly (readonly Span[])[], traces: number, seed: number): World {
  const random = seededRandom(seed)
  const chosen: (readonly Span[])[] = []
  let startNs = START_NS
  for (let number = 0; chosen.length < traces; number += 1) {
    const told = all[Math.floor(random() * all.length)] ?? []
    chosen.push(...placeTraces(told, { number, startNs }))
    // Half of them within the window in which attempts are joined.
    startNs += BigInt(Math.floor(random() * 1000)) * NS_PER_MS
  }
  return { traces: chosen.slice(0, traces), routerConfig: everyConfig() }
}

/** The stored end of a world: everything that a page or a count could show of it. */
export function endOf(world: World, trouble: Trouble): Snapshot {
  const { store, writer, reader } = openTestStore({ path: quickFolder() })
  const verdicts = store.openVerdicts()
  const random = seededRandom(trouble.seed)
  const clock = { nowMs: 0 }
  const newLoop = (): JudgeLoop => loopOver({ world, reader, verdicts, clock })
  let loop = newLoop()
  for (const { atMs, spans } of deliveriesOf(world, trouble)) {
    clock.nowMs = atMs
    writer.append([arrivalOf(spans, { source: SOURCE, receivedAtMs: atMs })])
    if (random() < 0.6) loop.turn()
    if (random() < trouble.killed) loop = newLoop()
  }
  runOut(loop, clock)
  const end = snapshotOf(verdicts, trouble.aheadMs)
  expect(verdicts.verify()).toEqual([])
  verdicts.close()
  return end
}

export function loopOver({
  world,
  reader,
  verdicts,
  clock,
}: {
  readonly world: World
  readonly reader: SpanReader
  readonly verdicts: VerdictStore
  readonly clock: { readonly nowMs: number }
}): JudgeLoop {
  return new JudgeLoop({
    reader,
    verdicts,
    routerConfigs: new Map([[SOURCE, world.routerConfig]]),
    settleMs: SETTLE_MS,
    // What a test throws is the end of the thread, and no trace's fault.
    isStoreTrouble: () => true,
    now: () => clock.nowMs,
    log: (line) => {
      throw new Error(line)
    },
  })
}

/** Until nothing waits any more. */
export function runOut(loop: JudgeLoop, clock: { nowMs: number }): void {
  for (let step = 0; step < 5; step += 1) {
    while (loop.turn().more) continue
    clock.nowMs += LONGEST_WAIT_MS
  }
  expect(loop.countPending()).toBe(0)
}

/** The hour in which the world happened, by its sender's clock. */
export function snapshotOf(verdicts: VerdictStore, aheadMs = 0): Snapshot {
  const { requests } = verdicts.requests({ limit: 10_000 })
  const startMs = START_MS + aheadMs
  const range = { fromMs: startMs - MINUTE_MS, toMs: startMs + 60 * MINUTE_MS }
  const incidents = verdicts.incidents()
  return {
    requests: requests
      .map(({ storyId, atMs, wire }) => ({ storyId, atMs, wire: JSON.parse(wire) as unknown }))
      .toSorted((left, right) => (left.storyId < right.storyId ? -1 : 1)),
    incidents,
    callers: incidents.map(({ fingerprint }) => verdicts.callers(fingerprint.id, 50)),
    sparklines: incidents.map(({ fingerprint }) =>
      verdicts.sparkline(fingerprint.id, range, MINUTE_MS),
    ),
    overview: verdicts.overview(range, MINUTE_MS),
  }
}

export interface Snapshot {
  readonly requests: readonly unknown[]
  readonly incidents: ReturnType<VerdictStore['incidents']>
  readonly callers: unknown
  readonly sparklines: unknown
  readonly overview: unknown
}

/** The same, with every time as it would be by another clock. */
export function seenEarlier(value: unknown, byMs: number): unknown {
  if (typeof value === 'string') return isoEarlier(value, byMs)
  if (typeof value === 'number') return isTimeMs(value) ? value - byMs : value
  if (typeof value === 'bigint')
    return isTimeMs(Number(value / NS_PER_MS)) ? value - BigInt(byMs) * NS_PER_MS : value
  if (Array.isArray(value)) return value.map((one) => seenEarlier(one, byMs))
  if (value instanceof Map) {
    return new Map([...value].map(([key, one]) => [key, seenEarlier(one, byMs)]))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, seenEarlier(one, byMs)]),
  )
}

/** No other figure of a verdict is as large. */
function isTimeMs(value: number): boolean {
  return Math.abs(value - START_MS) < 100 * 24 * 60 * MINUTE_MS
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{3})(\d*)Z$/u

function isoEarlier(text: string, byMs: number): string {
  const finer = ISO_TIME.exec(text)?.[2]
  if (finer === undefined) return text
  return new Date(Date.parse(text) - byMs).toISOString().replace('Z', `${finer}Z`)
}

/** In memory, where there is such a place: how soon the disk has it is not what is tested here. */
export function quickFolder(): string {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'secondwind-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

interface Delivery {
  readonly atMs: number
  readonly spans: readonly Span[]
}

export function deliveriesOf({ traces }: World, trouble: Trouble): readonly Delivery[] {
  const random = seededRandom(trouble.seed + 1)
  const all = traces.flat()
  // After the last of them has ended: no sender's clock is ahead of the analyzer's.
  const fromMs =
    Number(
      all.reduce((last, span) => (span.endTimeNs > last ? span.endTimeNs : last), 0n) / NS_PER_MS,
    ) + 1
  const sent: { readonly atMs: number; readonly span: Span }[] = []
  for (const [number, spans] of traces.entries()) {
    for (const told of spans) {
      const span = later(told, BigInt(trouble.aheadMs ?? 0) * NS_PER_MS)
      const soon = number * 20 + random() * (trouble.seed === 0 ? 0 : 5000)
      const late = random() < trouble.delayed ? random() ** 3 * 40 * MINUTE_MS : 0
      sent.push({ atMs: fromMs + soon + late, span })
      if (random() < trouble.duplicated) {
        sent.push({ atMs: fromMs + soon + random() ** 2 * 10 * MINUTE_MS, span })
      }
    }
  }
  const inOrder = sent.toSorted((left, right) => left.atMs - right.atMs)
  const deliveries: Delivery[] = []
  for (let at = 0; at < inOrder.length;) {
    const size = 1 + Math.floor(random() ** 2 * 40)
    const batch = inOrder.slice(at, at + size)
    deliveries.push({
      atMs: Math.ceil(batch.at(-1)?.atMs ?? fromMs),
      spans: batch.map(({ span }) => span),
    })
    at += size
  }
  return deliveries
}

function recordedTraces(): readonly (readonly Span[])[] {
  return loadRecordings().map(({ spans }) => spans)
}

const FIXTURES = fileURLToPath(new URL('../fixtures/traces/', import.meta.url))

function sidecarTraces(): readonly (readonly Span[])[] {
  return readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(?:fires|quiet)-sidecar.*\.json$/u.test(name))
    .flatMap((name) => {
      const fixture = JSON.parse(readFileSync(FIXTURES + name, 'utf8')) as {
        readonly spans?: readonly CompactSpan[]
        readonly traffic?: readonly { readonly spans: readonly CompactSpan[] }[]
      }
      return fixture.traffic?.map(({ spans }) => spans) ?? [fixture.spans ?? []]
    })
    .map((spans) => decodeDocument(toOtlpJson(spans)))
}

/** One router that has the fallbacks of all recordings. */
function everyConfig(): RouterConfig {
  const configs = loadRecordings().map(({ config }) => config)
  return parseRouterConfig({
    model_list: configs.flatMap((config) => config.model_list),
    router_settings: {
      fallbacks: configs.flatMap((config) => config.router_settings?.fallbacks ?? []),
    },
  })
}
