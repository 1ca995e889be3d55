import { setTimeout as delay } from 'node:timers/promises'
import type { WireOverview } from '../../analyzer/api/wire.ts'
import { z } from 'zod'
import type { Stack } from './stack.ts'

/** What `demo --json` prints: outcomes and findings as the analyzer counted them. */
export interface DemoSummary {
  readonly schemaVersion: 1
  readonly requests: number
  readonly outcomes: Readonly<Record<string, number>>
  readonly findings: Readonly<Record<string, number>>
  readonly incidents: number
  readonly spans: { readonly sent: number; readonly stored: number }
  readonly page: string
}

export interface Expected {
  /** Requests of the traffic and of the recordings. */
  readonly requests: number
  readonly recordedSpans: number
}

const POLL_MS = 500
/** Requests settle within seconds; the rest is for a slow machine. */
const SETTLE_MS_MAX = 90_000
/** Everything that the demo can have sent lies within it. */
const WINDOW = '24h'

/** The part of the overview that is read here; the types are the API's own. */
const overviewSchema: z.ZodType<
  Pick<WireOverview, 'requests' | 'outcomes'> & {
    readonly byRule: readonly { readonly rule: string; readonly count: number }[]
    readonly openIncidents: readonly unknown[]
    readonly health: Pick<WireOverview['health'], 'spansStored' | 'requestsPending'>
  }
> = z.object({
  requests: z.number(),
  outcomes: z.object({
    ok: z.number(),
    rescued: z.number(),
    failed: z.number(),
    cancelled: z.number(),
    rejected: z.number(),
    unknown: z.number(),
  }),
  byRule: z.array(z.object({ rule: z.string(), count: z.number() })),
  openIncidents: z.array(z.unknown()),
  health: z.object({ spansStored: z.number(), requestsPending: z.number() }),
})

const incidentsSchema = z.object({
  incidents: z.array(z.object({ id: z.string(), rule: z.string(), source: z.string() })),
})

export type Incident = z.infer<typeof incidentsSchema>['incidents'][number]

export async function readIncidents(stack: Stack): Promise<readonly Incident[]> {
  const answer = incidentsSchema.parse(await readJson(`${stack.pageUrl}/api/v1/incidents`))
  return answer.incidents
}

/**
 * Waits until every request has settled and every span is stored; `undefined` where they do not.
 */
export async function settledSummary(
  stack: Stack,
  expected: Expected,
): Promise<DemoSummary | undefined> {
  const startedMs = performance.now()
  while (performance.now() - startedMs < SETTLE_MS_MAX) {
    const overview = await readOverview(stack)
    const sidecar = await readSidecarSpans(stack)
    const sent = sidecar.sent + expected.recordedSpans
    const isSettled =
      sidecar.waiting === 0 &&
      overview.health.spansStored === sent &&
      overview.health.requestsPending === 0 &&
      overview.requests >= expected.requests
    if (isSettled) return toSummary(stack, overview, sent)
    await delay(POLL_MS)
  }
  return undefined
}

/** Where things stand, settled or not. */
export async function currentSummary(stack: Stack, recordedSpans: number): Promise<DemoSummary> {
  const sidecar = await readSidecarSpans(stack)
  return toSummary(stack, await readOverview(stack), sidecar.sent + recordedSpans)
}

async function toSummary(
  stack: Stack,
  overview: z.infer<typeof overviewSchema>,
  sent: number,
): Promise<DemoSummary> {
  return {
    schemaVersion: 1,
    requests: overview.requests,
    outcomes: overview.outcomes,
    findings: Object.fromEntries(overview.byRule.map(({ rule, count }) => [rule, count])),
    incidents: (await readIncidents(stack)).length,
    spans: { sent, stored: overview.health.spansStored },
    page: stack.pageUrl,
  }
}

async function readOverview(stack: Stack): Promise<z.infer<typeof overviewSchema>> {
  return overviewSchema.parse(await readJson(`${stack.pageUrl}/api/v1/overview?window=${WINDOW}`))
}

/** From the sidecar's own `/metrics`: what it has sent, and what still waits in its queue. */
async function readSidecarSpans(
  stack: Stack,
): Promise<{ readonly sent: number; readonly waiting: number }> {
  const response = await fetch(`${stack.sidecarUrl}/metrics`)
  const text = await response.text()
  const value = (line: RegExp): number => Number(line.exec(text)?.[1] ?? 0)
  const waiting = value(/^secondwind_sidecar_spans_waiting (\d+)$/m)
  const spooled = value(/^secondwind_sidecar_spans_spooled (\d+)$/m)
  const sent = value(/^secondwind_sidecar_spans_total\{result="sent"\} (\d+)$/m)
  return { sent, waiting: waiting + spooled }
}

async function readJson(url: string): Promise<unknown> {
  const response = await fetch(url)
  const text = await response.text()
  if (response.status !== 200) {
    throw new Error(`${url} answered ${response.status}: ${text.slice(0, 200)}`)
  }
  return JSON.parse(text) as unknown
}
