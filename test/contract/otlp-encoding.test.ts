import { describe, expect, test } from 'vitest'

import type { WireSpan } from '../../analyzer/api/wire.ts'
import { ProtobufWriter } from '../../analyzer/ingest/otlp/protobuf-writer.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { partialSuccessOf, statusOf } from '../support/otlp-answers.ts'
import { jsonRequest, jsonSpan } from '../support/otlp.ts'
import { ENCODINGS, freshSpan, randomId, shareAnalyzer } from '../support/otlp-target.ts'
import { exchange, rawRequest, type RawAnswer } from '../support/raw-http.ts'
import { waitUntil } from '../support/wait-until.ts'

/**
 * What OTLP says of the content of spans, in both encodings: what must be taken in every way that
 * it may be written, and what must be rejected alone, without its neighbours.
 */

const target = shareAnalyzer()
const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

function post(contentType: string, body: string | Uint8Array): Promise<RawAnswer> {
  const headers = { 'content-type': contentType }
  return exchange(target().httpUrl, rawRequest({ headers, body: Buffer.from(body) }))
}

/** OTLP/JSON with this in the place of the one span. */
const postJson = (span: unknown): Promise<RawAnswer> =>
  post(JSON_TYPE, JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))

function storedSpan(traceId: string): Promise<WireSpan> {
  return waitUntil(async () => (await target().stored(traceId))[0], `the span of ${traceId}`)
}

const valueOf = (span: WireSpan, key: string): string | undefined =>
  span.attributes.find((attribute) => attribute.key === key)?.value

describe('JSON', () => {
  test.each([
    ['lower case', (id: string) => id.toLowerCase()],
    ['upper case', (id: string) => id.toUpperCase()],
  ])('ids must be read as hex of %s', async (_, write) => {
    const span = freshSpan({ parentSpanId: 'abcdef0123456789' })
    const { traceId, spanId, parentSpanId } = span
    const answer = await postJson({
      ...jsonSpan(span),
      traceId: write(traceId),
      spanId: write(spanId),
      parentSpanId: write(parentSpanId),
    })
    expect([answer.status, partialSuccessOf(answer)]).toEqual([200, undefined])
    expect(await storedSpan(traceId)).toMatchObject({ traceId, spanId, parentSpanId })
  })

  test('ids in base64 must not be taken: the span is rejected', async () => {
    const traceId = Buffer.from(randomId(16), 'hex').toString('base64')
    const answer = await postJson({ ...jsonSpan(freshSpan()), traceId })
    expect([answer.status, partialSuccessOf(answer)?.rejectedSpans]).toEqual([200, 1])
    expect(partialSuccessOf(answer)?.errorMessage).toContain('trace-id-invalid')
  })

  test.each([
    ['kind', { kind: 'SPAN_KIND_SERVER' }],
    ['status code', { status: { code: 'STATUS_CODE_ERROR' } }],
  ])('enums must be integers: a name as %s rejects the span', async (_, field) => {
    const answer = await postJson({ ...jsonSpan(freshSpan()), ...field })
    expect([answer.status, partialSuccessOf(answer)?.rejectedSpans]).toEqual([200, 1])
  })

  test('64-bit numbers must be read as text and as numbers', async () => {
    const [text, number] = [freshSpan(), freshSpan()]
    await postJson({
      ...jsonSpan(text),
      startTimeUnixNano: '1760000000000000123',
      attributes: [{ key: 'n', value: { intValue: '9007199254740993' } }],
    })
    await postJson({
      ...jsonSpan(number),
      startTimeUnixNano: 1_760_000_000_000_000_000,
      attributes: [{ key: 'n', value: { intValue: 42 } }],
    })
    const asText = await storedSpan(text.traceId)
    expect([asText.startTimeUnixNano, valueOf(asText, 'n')]).toEqual([
      '1760000000000000123',
      '"9007199254740993"',
    ])
    const asNumber = await storedSpan(number.traceId)
    expect([asNumber.startTimeUnixNano, valueOf(asNumber, 'n')]).toEqual([
      '1760000000000000000',
      '42',
    ])
  })

  test('doubles must be read as numbers, whole ones too, and as the words that JSON lacks', async () => {
    const span = freshSpan()
    const attributes = [
      ['a', 1.5],
      ['b', 2],
      ['c', 'NaN'],
      ['d', '-Infinity'],
    ].map(([key, doubleValue]) => ({ key, value: { doubleValue } }))
    const answer = await postJson({ ...jsonSpan(span), attributes })
    expect(partialSuccessOf(answer)).toBeUndefined()
    const stored = await storedSpan(span.traceId)
    expect([valueOf(stored, 'a'), valueOf(stored, 'b')]).toEqual(['1.5', '2'])
  })

  test('unknown fields must be ignored, at every depth', async () => {
    const span = freshSpan()
    const unknown = { futureField: { nested: [1, { two: null }] }, dropped_attributes_count: 5 }
    const answer = await post(
      JSON_TYPE,
      JSON.stringify({
        ...unknown,
        resourceSpans: [
          {
            ...unknown,
            resource: { ...unknown, attributes: [] },
            scopeSpans: [
              {
                ...unknown,
                scope: { ...unknown, name: 'scope' },
                spans: [
                  {
                    ...jsonSpan(span),
                    ...unknown,
                    status: { ...unknown, code: 2 },
                    attributes: [{ ...unknown, key: 'k', value: { stringValue: 'v', ...unknown } }],
                    events: [{ ...unknown, name: 'e', timeUnixNano: '1' }],
                  },
                ],
              },
            ],
          },
        ],
      }),
    )
    expect([answer.status, partialSuccessOf(answer)]).toEqual([200, undefined])
    const stored = await storedSpan(span.traceId)
    expect([valueOf(stored, 'k'), stored.status.code, stored.scope.name]).toEqual([
      'v',
      'error',
      'scope',
    ])
  })

  test.each([
    ['keys in snake_case', { resource_spans: [] }, 'lowerCamelCase'],
    ['logs', { resourceLogs: [] }, 'logs, not traces'],
    ['metrics', { resourceMetrics: [] }, 'metrics, not traces'],
  ])('%s are told by 400 with what to do', async (_, body, message) => {
    const answer = await post(JSON_TYPE, JSON.stringify(body))
    expect(answer.status).toBe(400)
    expect(statusOf(answer).message).toContain(message)
  })

  test('a byte order mark is read over', async () => {
    const span = freshSpan()
    const answer = await post(JSON_TYPE, `\uFEFF${JSON.stringify(jsonRequest([span]))}`)
    expect(answer.status).toBe(200)
  })
})

/** A request of one span whose last fields `write` adds; no length in it reaches 128. */
const request = (span: Span, write: (message: ProtobufWriter) => void): Buffer => {
  const writer = new ProtobufWriter()
  writer.messageField(1, (resourceSpans) => {
    resourceSpans.messageField(2, (scopeSpans) => {
      scopeSpans.messageField(2, (message) => {
        message.bytesField(1, Buffer.from(span.traceId, 'hex'))
        message.bytesField(2, Buffer.from(span.spanId, 'hex'))
        message.stringField(5, 'work')
        message.fixed64Field(7, span.startTimeNs)
        message.fixed64Field(8, span.endTimeNs)
        write(message)
      })
    })
  })
  return writer.finish()
}

describe('protobuf', () => {
  test('unknown fields must be ignored, whatever their wire type', async () => {
    const span = freshSpan()
    const body = request(span, (message) => {
      message.varintField(900, 5)
      message.fixed64Field(901, 5n)
      message.stringField(902, 'from the future')
      message.messageField(903, (inner) => inner.stringField(1, 'deeper'))
    })
    const answer = await post(PROTOBUF, body)
    expect([answer.status, partialSuccessOf(answer)]).toEqual([200, undefined])
    expect(await storedSpan(span.traceId)).toMatchObject({ name: 'work' })
  })

  test('high bits of flags are never assumed to be 0', async () => {
    const span = freshSpan()
    const answer = await post(PROTOBUF, withFlags(request(span, () => undefined)))
    expect([answer.status, partialSuccessOf(answer)]).toEqual([200, undefined])
    expect(await storedSpan(span.traceId)).toMatchObject({ spanId: span.spanId })
  })

  test('a string index, which only profiles have, is as if it were absent', async () => {
    const span = freshSpan()
    const body = request(span, (message) => {
      message.messageField(9, (attribute) => {
        attribute.varintField(3, 7)
        attribute.messageField(2, (value) => value.varintField(8, 7))
      })
      message.messageField(9, (attribute) => {
        attribute.stringField(1, 'kept')
        attribute.messageField(2, (value) => value.stringField(1, 'yes'))
      })
    })
    const answer = await post(PROTOBUF, body)
    expect(answer.status).toBe(200)
    // A warning, with nothing rejected.
    expect(partialSuccessOf(answer)).toEqual({
      rejectedSpans: 0,
      errorMessage: expect.stringContaining('string table') as unknown,
    })
    expect(valueOf(await storedSpan(span.traceId), 'kept')).toBe('yes')
  })

  test('a known field of another wire type is no OTLP', async () => {
    const body = request(freshSpan(), (message) => message.varintField(9, 1))
    expect((await post(PROTOBUF, body)).status).toBe(400)
  })

  test('a million messages within each other end in an answer', async () => {
    const deep = Buffer.alloc(1_000_000, Buffer.from([0x32]))
    const answer = await post(PROTOBUF, deep)
    expect([200, 400]).toContain(answer.status)
  })
})

/**
 * Adds field 16, `flags`, with all its 32 bits set, to the span at the end of the body: the lengths
 * of all that holds the span grow by as much.
 */
function withFlags(body: Buffer): Buffer {
  const flags = Buffer.from('8501ffffffff', 'hex')
  const longer = Buffer.concat([body, flags])
  for (const at of [1, 3, 5]) longer[at] = (longer[at] ?? 0) + flags.length
  return longer
}

describe.each(ENCODINGS)('in $name', ({ type, encode }) => {
  test.each([
    ['a trace id of nothing', { traceId: '' }, 'trace-id-invalid'],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }, 'trace-id-invalid'],
    ['a trace id of 15 bytes', { traceId: 'ab'.repeat(15) }, 'trace-id-invalid'],
    ['a trace id of 17 bytes', { traceId: 'ab'.repeat(17) }, 'trace-id-invalid'],
    ['a span id of nothing', { spanId: '' }, 'span-id-invalid'],
    ['a span id of zeros', { spanId: '0'.repeat(16) }, 'span-id-invalid'],
    ['a span id of 7 bytes', { spanId: 'ab'.repeat(7) }, 'span-id-invalid'],
    ['a span id of 9 bytes', { spanId: 'ab'.repeat(9) }, 'span-id-invalid'],
    ['a parent id of 3 bytes', { parentSpanId: 'ab'.repeat(3) }, 'parent-span-id-invalid'],
  ])('%s rejects that span alone', async (_, field, reason) => {
    const good = freshSpan()
    const answer = await post(type, encode([freshSpan(field), good, freshSpan(field)]))
    expect(answer.status).toBe(200)
    expect(partialSuccessOf(answer)).toEqual({
      rejectedSpans: 2,
      errorMessage: `2 spans were rejected (${reason}: 2)`,
    })
    expect((await storedSpan(good.traceId)).spanId).toBe(good.spanId)
  })

  test.each([
    ['no kind', { kind: 'unspecified' }],
    ['no name', { name: '' }],
    ['a parent', { parentSpanId: 'ab'.repeat(8) }],
    ['an end before its start', { startTimeNs: 2_000_000_000_000n, endTimeNs: 1_000_000_000_000n }],
    ['a time after 2262', { startTimeNs: 2n ** 63n, endTimeNs: 2n ** 63n + 5n }],
    ['the last time that there is', { startTimeNs: 2n ** 64n - 1n, endTimeNs: 2n ** 64n - 1n }],
    ['no start', { startTimeNs: 0n }],
    ['no end yet', { endTimeNs: 0n }],
    ['NUL and controls', { name: 'a\u0000b\u202Ec\u200Bd' }],
    ['no attribute at all', { attributes: {} }],
  ] as const)('a span with %s is accepted or rejected alone, and counted', async (_, field) => {
    const good = freshSpan()
    const answer = await post(type, encode([freshSpan(field), good]))
    expect(answer.status).toBe(200)
    expect(partialSuccessOf(answer)?.rejectedSpans ?? 0).toBeLessThanOrEqual(1)
    expect((await storedSpan(good.traceId)).spanId).toBe(good.spanId)
  })

  test('values of every type must be taken: empty, nested, bytes', async () => {
    const span = freshSpan({
      attributes: {
        text: 'text',
        yes: true,
        whole: 12,
        half: 0.5,
        nothing: null,
        list: ['a', 1, null],
        map: new Map([['inner', new Map([['deep', 'value']])]]),
        bytes: Uint8Array.of(0, 255),
      },
    })
    const answer = await post(type, encode([span]))
    expect(partialSuccessOf(answer)).toBeUndefined()
    const stored = await storedSpan(span.traceId)
    expect(stored.attributes.map(({ key }) => key).toSorted()).toEqual(
      ['bytes', 'half', 'list', 'map', 'nothing', 'text', 'whole', 'yes'].toSorted(),
    )
    expect(valueOf(stored, 'list')).toBe('["a",1,null]')
  })

  test('a value that nests deeper than 64 rejects its span alone', async () => {
    const nest = (depth: number): string | readonly unknown[] =>
      depth === 0 ? 'deep' : [nest(depth - 1)]
    const deep = (depth: number): Span => freshSpan({ attributes: { deep: nest(depth) as string } })
    const good = deep(50)
    const answer = await post(type, encode([deep(70), good]))
    expect(partialSuccessOf(answer)).toEqual({
      rejectedSpans: 1,
      errorMessage: '1 span was rejected (nested-too-deep: 1)',
    })
    expect((await storedSpan(good.traceId)).spanId).toBe(good.spanId)
  })

  test('what is too long or too much of one span is cut, and the span is kept', async () => {
    const span = freshSpan({
      attributes: {
        long: 'x'.repeat(1024 * 1024),
        ...Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key-${index}`, index])),
      },
    })
    const answer = await post(type, encode([span]))
    expect(partialSuccessOf(answer)).toBeUndefined()
    const stored = await storedSpan(span.traceId)
    expect(stored.attributes.length).toBeLessThanOrEqual(128)
    expect((valueOf(stored, 'long') ?? '').length).toBeLessThanOrEqual(33 * 1024)
  })

  test('spans of anybody are taken: what is not understood is not refused', async () => {
    const span = freshSpan({ scope: { name: 'foreign', version: '' }, resource: {} })
    const answer = await post(type, encode([span]))
    expect([answer.status, partialSuccessOf(answer)]).toEqual([200, undefined])
  })

  test('50,000 spans in one request are taken', async () => {
    const answer = await post(type, encode(Array.from({ length: 50_000 }, () => freshSpan())))
    expect([answer.status, partialSuccessOf(answer)]).toEqual([200, undefined])
  })

  test('names that mean something to JavaScript are names like any other', async () => {
    const span = freshSpan({
      attributes: { ['__proto__']: 'a', constructor: 'b', toString: 'c' },
    })
    expect((await post(type, encode([span]))).status).toBe(200)
    const stored = await storedSpan(span.traceId)
    expect([valueOf(stored, 'constructor'), valueOf(stored, 'toString')]).toEqual(['b', 'c'])
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
