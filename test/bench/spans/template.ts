import { randomFillSync } from 'node:crypto'
import { spansOf, toProtobuf, type JsonExport, type JsonSpan } from './otlp-json.ts'

export type Encoding = 'protobuf' | 'json'

/**
 * The body of an export request with the places at which its ids and times stand. Every copy that
 * is sent gets ids and times of its own, without being encoded again.
 */
export interface Template {
  readonly body: Buffer
  readonly encoding: Encoding
  readonly spans: number
  /** Offsets of each id: it stands wherever a span names it. */
  readonly traceIds: readonly (readonly number[])[]
  readonly spanIds: readonly (readonly number[])[]
  readonly times: readonly TimePlace[]
}

interface TimePlace {
  readonly at: number
  /** After the newest time in the body, which is the moment of sending: not above zero. */
  readonly offsetMs: number
}

export function toTemplate(exported: JsonExport, encoding: Encoding): Template {
  const spans = spansOf(exported)
  const body = encoding === 'json' ? Buffer.from(JSON.stringify(exported)) : toProtobuf(exported)
  const traceIds = [...new Set(spans.map(({ traceId }) => traceId))]
  const spanIds = [...new Set(spans.map(({ spanId }) => spanId))]
  const times = [...new Set(spans.flatMap(timesOf))]
  const newest = times.reduce((last, time) => (BigInt(time) > last ? BigInt(time) : last), 0n)
  const toId = (id: string): Buffer => Buffer.from(id, encoding === 'json' ? 'latin1' : 'hex')
  const places = placesOf(body, [
    ...[...traceIds, ...spanIds].map(toId),
    ...times.map((time) => timeBytes(time, encoding)),
  ])
  return {
    body,
    encoding,
    spans: spans.length,
    traceIds: places.slice(0, traceIds.length),
    spanIds: places.slice(traceIds.length, -times.length),
    times: times.flatMap((time, index) =>
      (places.at(index - times.length) ?? []).map((at) => ({
        at,
        offsetMs: Number(BigInt(time) - newest) / 1e6,
      })),
    ),
  }
}

function timesOf({ startTimeUnixNano, endTimeUnixNano, events }: JsonSpan): readonly string[] {
  return [
    startTimeUnixNano,
    endTimeUnixNano,
    ...(events ?? []).map(({ timeUnixNano }) => timeUnixNano),
  ]
}

/** Gives `body`, a copy of the template's, ids that were never sent and times up to `nowMs`. */
export function renew(
  body: Buffer,
  { encoding, traceIds, spanIds, times }: Omit<Template, 'body' | 'spans'>,
  nowMs: number,
): void {
  const write = encoding === 'json' ? writeHex : writeBytes
  for (const offsets of traceIds) writeRandom(body, offsets, { bytes: 16, write })
  for (const offsets of spanIds) writeRandom(body, offsets, { bytes: 8, write })
  for (const { at, offsetMs } of times) {
    if (encoding === 'json') body.write(String(Math.floor(nowMs + offsetMs)), at, 13, 'latin1')
    else writeNanoseconds(body, at, nowMs + offsetMs)
  }
}

/** Where each of them stands, in one walk over the body: there are thousands of them. */
function placesOf(body: Buffer, wanted: readonly Buffer[]): readonly (readonly number[])[] {
  const places = wanted.map((): number[] => [])
  const byHead = new Map<number, number[]>()
  for (const [index, bytes] of wanted.entries()) {
    const head = bytes.readUInt32LE(0)
    byHead.set(head, [...(byHead.get(head) ?? []), index])
  }
  for (let at = 0; at + 4 <= body.length; at += 1) {
    for (const index of byHead.get(body.readUInt32LE(at)) ?? []) {
      const bytes = wanted[index]
      if (bytes?.equals(body.subarray(at, at + bytes.length))) places[index]?.push(at)
    }
  }
  return places
}

function timeBytes(time: string, encoding: Encoding): Buffer {
  if (encoding === 'json') return Buffer.from(time)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(time))
  return bytes
}

/** Asked for in one piece: a call for each id would cost more than all the rest. */
const random = Buffer.alloc(1 << 20)
let taken = random.length

type WriteId = (body: Buffer, at: number, bytes: number) => void

function writeRandom(
  body: Buffer,
  offsets: readonly number[],
  { bytes, write }: { readonly bytes: number; readonly write: WriteId },
): void {
  if (taken + bytes > random.length) {
    randomFillSync(random)
    taken = 0
  }
  for (const at of offsets) write(body, at, bytes)
  taken += bytes
}

const HEX = Buffer.from('0123456789abcdef')

function writeHex(body: Buffer, at: number, bytes: number): void {
  for (let index = 0; index < bytes; index += 1) {
    const byte = random[taken + index] ?? 0
    body[at + 2 * index] = HEX[byte >> 4] ?? 0
    body[at + 2 * index + 1] = HEX[byte & 15] ?? 0
  }
}

function writeBytes(body: Buffer, at: number, bytes: number): void {
  random.copy(body, at, taken, taken + bytes)
}

/** As a double: a BigInt for each time would cost more than the rest; it is exact to 256 ns. */
function writeNanoseconds(body: Buffer, at: number, ms: number): void {
  const nanoseconds = Math.floor(ms) * 1e6
  const high = Math.floor(nanoseconds / 2 ** 32)
  body.writeUInt32LE(nanoseconds - high * 2 ** 32, at)
  body.writeUInt32LE(high, at + 4)
}
