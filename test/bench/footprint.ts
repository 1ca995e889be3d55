import { setTimeout as sleep } from 'node:timers/promises'
import { startContender } from './contender.ts'
import type { Column, ContenderName, Launcher } from './contenders.ts'
import { headersOf } from './contenders.ts'
import { holdStreams } from './generate-load.ts'
import { atMost, type Values } from './goal.ts'
import { rssKiBOf } from './process-cost.ts'
import { showProgress, type ReportRow } from './report.ts'
import type { Upstream } from './start-upstream.ts'
import { toRequest } from './to-request.ts'
import type { WireTools } from './wire-tools.ts'

export interface FootprintOptions {
  readonly launchers: ReadonlyMap<ContenderName, Launcher>
  readonly upstream: Upstream
  readonly tools: WireTools | undefined
  readonly streams: number
}

type FootprintRow = ReportRow<Column>

interface Footprint {
  readonly startSeconds: number
  readonly idleMiB: number | undefined
  readonly kiBPerStream: number | undefined
}

/** Long enough for what a start or a burst of requests leaves behind to be done. */
const SETTLE_MS = 1000
const COLUMNS: readonly ContenderName[] = ['pipe', 'undici', 'sidecar', 'portkey']

/** Start and memory of fresh processes, before any load has grown their heaps. */
export async function measureFootprint(
  options: FootprintOptions,
): Promise<readonly { readonly row: FootprintRow; readonly values: Values<Column> }[]> {
  const found = new Map<Column, Footprint>()
  for (const name of COLUMNS) {
    const launcher = options.launchers.get(name)
    if (launcher?.kind !== 'ready') continue
    showProgress(`start and memory: ${name}`)
    found.set(name, await footprintOf(name, launcher, options))
  }
  const rows: readonly (FootprintRow & { readonly key: keyof Footprint })[] = [
    row('start to first answer', 's', { key: 'startSeconds', digits: 2, limit: 0.5 }),
    row('memory idle', 'MiB', { key: 'idleMiB', digits: 0, limit: 60 }),
    row(`memory per held stream, ${options.streams} held`, 'KiB', {
      key: 'kiBPerStream',
      digits: 1,
      limit: 25,
    }),
  ]
  return rows.map(({ key, ...rest }) => {
    const values = new Map<Column, number>()
    for (const [column, footprint] of found) {
      const value = footprint[key]
      if (value !== undefined) values.set(column, value)
    }
    return { row: rest, values }
  })
}

function row(
  name: string,
  unit: string,
  options: { readonly key: keyof Footprint; readonly digits: number; readonly limit: number },
): FootprintRow & { readonly key: keyof Footprint } {
  const { key, digits, limit } = options
  return { name, unit, key, digits, goals: [atMost(limit, unit, (all) => all.get('sidecar'))] }
}

async function footprintOf(
  name: ContenderName,
  launcher: Extract<Launcher, { readonly kind: 'ready' }>,
  { upstream, tools, streams }: FootprintOptions,
): Promise<Footprint> {
  const contender = await startContender(launcher.launch)
  try {
    const startSeconds = contender.startMs / 1000
    await sleep(SETTLE_MS)
    const idleKiB = contender.pid === undefined ? undefined : rssKiBOf(contender.pid)
    const idleMiB = idleKiB && idleKiB / 1024
    if (tools === undefined || idleKiB === undefined) {
      return { startSeconds, idleMiB, kiBPerStream: undefined }
    }
    const headers = headersOf(name, upstream.port)
    const request = toRequest({ model: 'held', stream: true, headers })
    const letGo = await holdStreams(tools, { port: contender.port, connections: streams, request })
    await sleep(SETTLE_MS)
    const heldKiB = contender.pid === undefined ? undefined : rssKiBOf(contender.pid)
    await letGo()
    const kiBPerStream = heldKiB && (heldKiB - idleKiB) / streams
    return { startSeconds, idleMiB, kiBPerStream }
  } finally {
    await contender.stop()
  }
}
