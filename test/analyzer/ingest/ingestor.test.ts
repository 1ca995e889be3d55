import { expect, test } from 'vitest'

import { sourceOf } from '../../../analyzer/config/match-source.ts'
import { IngestCounts } from '../../../analyzer/ingest/ingest-report.ts'
import { Ingestor, type ExportBody } from '../../../analyzer/ingest/ingestor.ts'
import type { Span } from '../../../analyzer/story/span.ts'
import { openTestStore } from '../../support/open-test-store.ts'
import { buildSpan, jsonRequest, protobufRequest } from '../../support/otlp.ts'

/** Invariants I7 and I9: what is shed, in what order, and that it is accounted for. */
function ingest() {
  const { store, writer, reader } = openTestStore()
  const state = { sheds: true, isFull: false }
  const sources = [{ name: 'eu', match: new Map([['deployment.environment', 'eu']]) }]
  const counts = new IngestCounts(() => 1000)
  const ingestor = new Ingestor({
    writer: {
      append: (arrivals, tallies) => {
        if (state.isFull) throw new Error('database or disk is full')
        return writer.append(arrivals, tallies)
      },
      tidyUp: () => undefined,
      close: () => undefined,
    },
    salt: Buffer.from('salt'),
    bodyBytesMax: 1024 * 1024,
    sourceOf: (context) => sourceOf(sources, context),
    sheds: () => state.sheds,
    isStoreTrouble: (error) => store.isTrouble(error),
    counts,
    now: () => 1000,
    log: () => undefined,
  })
  const receive = (body: Buffer, more: Partial<ExportBody> = {}) =>
    ingestor.receive({ body, encoding: 'protobuf', gzip: false, ...more })
  return { receive, reader, counts, state }
}

const EUROPE = { 'deployment.environment': 'eu' }

let lastId = 0
function span(changes: Parameters<typeof buildSpan>[0] = {}): Span {
  lastId += 1
  return buildSpan({ spanId: lastId.toString(16).padStart(16, '0'), ...changes })
}
const failed = (): Span => span({ status: { code: 'error', message: 'overloaded' } })
const inEurope = (): Span => span({ resource: EUROPE })

const jsonBody = (spans: readonly Span[]): Buffer => Buffer.from(JSON.stringify(jsonRequest(spans)))

const ENCODINGS = [
  ['protobuf', protobufRequest],
  ['json', jsonBody],
] as const

test.each(ENCODINGS)(
  '%s: under pressure what is healthy comes again, failures are stored',
  async (encoding, encode) => {
    const { receive, reader, counts } = ingest()
    const shed = await receive(encode([span(), span()]), { encoding })
    expect(shed).toMatchObject({ kind: 'busy', retryAfterMs: expect.any(Number) as unknown })
    const stored = await receive(encode([span(), failed()]), { encoding })
    expect(stored).toMatchObject({ kind: 'stored', stored: 2 })
    expect(reader.counts()).toMatchObject({ stored: 2, shed: 2 })
    expect(counts.report().shedBodies).toBe(1)
  },
)

test('what was shed is counted for its source: of its token, else of its resource', async () => {
  const { receive, reader, state } = ingest()
  await receive(protobufRequest([span()]), { source: 'by-token' })
  await receive(protobufRequest([inEurope(), inEurope()]))
  await receive(jsonBody([inEurope()]), { encoding: 'json' })
  await receive(protobufRequest([span()]))
  state.sheds = false
  await receive(protobufRequest([span()]))
  await receive(protobufRequest([span()]))
  const { sources } = reader.counts()
  expect(sources.map(({ name, shed, stored }) => [name, shed, stored])).toEqual([
    ['by-token', 1, 0],
    ['default', 1, 2],
    ['eu', 3, 0],
  ])
})

test('a commit that fails counts nothing, and the next one all', async () => {
  const { receive, reader, state } = ingest()
  await receive(protobufRequest([span()]))
  state.sheds = false
  state.isFull = true
  const answer = await receive(protobufRequest([span()]))
  expect(answer).toMatchObject({ kind: 'unavailable' })
  expect(reader.counts()).toMatchObject({ stored: 0, shed: 0 })
  state.isFull = false
  await receive(protobufRequest([span()]))
  expect(reader.counts()).toMatchObject({ stored: 1, shed: 1 })
})

test('a body that cannot be read is told so, under pressure too', async () => {
  const { receive } = ingest()
  expect(await receive(Buffer.from('no protobuf'))).toMatchObject({ kind: 'malformed' })
  expect(await receive(Buffer.from('{'), { encoding: 'json' })).toMatchObject({ kind: 'malformed' })
})

test('rejected spans are counted for the source of those beside them', async () => {
  const { receive, reader } = ingest()
  const bad = span({ spanId: '0000000000000000', resource: EUROPE })
  const body = protobufRequest([{ ...failed(), resource: new Map(Object.entries(EUROPE)) }, bad])
  expect(await receive(body)).toMatchObject({ kind: 'stored', stored: 1, rejected: 1 })
  expect(reader.counts().sources).toMatchObject([
    { name: 'eu', rejected: 1, rejectedBy: new Map([['span-id-invalid', 1]]) },
  ])
})
