import type { Column, Model } from './contenders.ts'
import type { LoadResult } from './generate-load.ts'
import { atLeast, atMost, ratio, type Values } from './goal.ts'
import type { ReportRow } from './report.ts'

/** What one contender did in one round. */
export interface Measured {
  readonly load: LoadResult
  /** Of the contender's process, while it was measured. */
  readonly cpuMs: number | undefined
  readonly gapUs: number | undefined
}

/** One load that every contender is put under; its rows read different things from it. */
export interface Scenario {
  readonly name: string
  readonly model: Model
  readonly stream: boolean
  readonly connections: number
  readonly mode: 'count' | 'delays'
  readonly columns: readonly Column[]
  /** It needs the compiled tools: Node's own are too slow to tell, or do not know how. */
  readonly needsTools: boolean
  readonly rows: readonly Row[]
}

export interface Row extends ReportRow<Column> {
  readonly value: (measured: Measured) => number | undefined
}

const ALL: readonly Column[] = ['direct', 'pipe', 'undici', 'sidecar', 'untraced', 'portkey']
const PROXIES: readonly Column[] = ['direct', 'pipe', 'sidecar', 'portkey']

export const SCENARIOS: readonly Scenario[] = [
  {
    name: '16 streams at full speed',
    model: 'bench',
    stream: true,
    connections: 16,
    mode: 'count',
    columns: ALL,
    needsTools: false,
    rows: [
      {
        name: '16 streams at full speed',
        unit: 'chunks/s',
        digits: 0,
        value: ({ load }) => load.frames / load.seconds,
        goals: [atLeast(1, '× the pipe', (values) => ratio(values, 'sidecar', ['pipe']))],
      },
      {
        name: 'the same: CPU per chunk',
        unit: 'µs',
        digits: 2,
        value: ({ load, cpuMs }) => perPiece(cpuMs, load.frames),
        goals: [],
      },
    ],
  },
  {
    name: 'stream, c=1',
    model: 'short',
    stream: true,
    connections: 1,
    mode: 'count',
    columns: ALL,
    needsTools: true,
    rows: [
      {
        name: 'first byte, c=1, p50',
        unit: 'µs',
        digits: 0,
        value: ({ load }) => load.firstByteUs,
        goals: [],
      },
      {
        name: 'first content, c=1, p50',
        unit: 'µs',
        digits: 0,
        value: ({ load }) => load.firstContentUs,
        goals: [atMost(1.3, '× what the pipe adds', addedRatio)],
      },
    ],
  },
  {
    name: 'JSON, c=1',
    model: 'bench',
    stream: false,
    connections: 1,
    mode: 'count',
    columns: ALL,
    needsTools: true,
    rows: [
      {
        name: 'JSON, c=1, p50',
        unit: 'µs',
        digits: 0,
        value: ({ load }) => load.latencyUs,
        goals: [],
      },
    ],
  },
  {
    name: 'JSON, c=32',
    model: 'bench',
    stream: false,
    connections: 32,
    mode: 'count',
    columns: ALL,
    needsTools: false,
    rows: [
      {
        name: 'JSON, c=32',
        unit: 'requests/s',
        digits: 0,
        value: ({ load }) => load.responses / load.seconds,
        goals: [
          atLeast(0.7, '× the faster pipe', (values) =>
            ratio(values, 'sidecar', ['pipe', 'undici']),
          ),
          atLeast(8, '× Portkey', (values) => ratio(values, 'sidecar', ['portkey'])),
          atLeast(0.85, '× untraced', (values) => ratio(values, 'sidecar', ['untraced'])),
        ],
      },
      {
        name: 'the same: CPU per request',
        unit: 'µs',
        digits: 0,
        value: ({ load, cpuMs }) => perPiece(cpuMs, load.responses),
        goals: [],
      },
    ],
  },
  paced(100, [
    {
      name: '100 streams at 20 ms: delay per chunk, p50',
      unit: 'µs',
      digits: 0,
      value: ({ load }) => load.delayUs,
      goals: [atMost(1.1, '× the pipe', (values) => ratio(values, 'sidecar', ['pipe']))],
    },
    {
      name: 'the same: CPU per chunk',
      unit: 'µs',
      digits: 1,
      value: ({ load, cpuMs }) => perPiece(cpuMs, load.frames),
      goals: [],
    },
  ]),
  paced(1000, [
    {
      name: '1,000 streams at 20 ms: chunks/s of 50,000',
      unit: 'chunks/s',
      digits: 0,
      value: ({ load }) => load.frames / load.seconds,
      goals: [],
    },
    {
      name: 'the same: CPU of one core',
      unit: 'core',
      digits: 2,
      value: ({ load, cpuMs }) => cpuMs && cpuMs / 1000 / load.seconds,
      goals: [],
    },
  ]),
  {
    name: 'primary answers 500',
    model: 'refused',
    stream: false,
    connections: 1,
    mode: 'count',
    columns: ['sidecar', 'portkey'],
    needsTools: true,
    rows: [
      {
        name: 'primary 500 → answer of the fallback, c=1, p50',
        unit: 'µs',
        digits: 0,
        value: ({ load }) => load.latencyUs,
        goals: [atMost(1, '× Portkey', (values) => ratio(values, 'sidecar', ['portkey']))],
      },
      gapRow('primary 500 → first byte of the fallback request, p50', 500),
    ],
  },
  {
    name: 'stream is cut after content',
    model: 'cut',
    stream: true,
    connections: 1,
    mode: 'count',
    columns: ['sidecar'],
    needsTools: true,
    rows: [gapRow('stream cut → first byte of the fallback request, p50', 2000)],
  },
]

function paced(connections: number, rows: readonly Row[]): Scenario {
  return {
    name: `${connections.toLocaleString('en-US')} streams at 20 ms`,
    model: 'paced',
    stream: true,
    connections,
    mode: 'delays',
    columns: PROXIES,
    needsTools: true,
    rows,
  }
}

function gapRow(name: string, limitUs: number): Row {
  return {
    name,
    unit: 'µs',
    digits: 0,
    value: ({ gapUs }) => gapUs,
    goals: [atMost(limitUs, 'µs', (values) => values.get('sidecar'))],
  }
}

/** Microseconds for each; undefined where nothing came through. */
function perPiece(cpuMs: number | undefined, pieces: number): number | undefined {
  return cpuMs === undefined || pieces === 0 ? undefined : (cpuMs * 1000) / pieces
}

/** What the sidecar adds to the way without a proxy, to what the pipe adds to it. */
function addedRatio(values: Values<Column>): number | undefined {
  const [direct, pipe, ours] = [values.get('direct'), values.get('pipe'), values.get('sidecar')]
  if (direct === undefined || pipe === undefined || ours === undefined) return undefined
  return (ours - direct) / (pipe - direct)
}
