import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { OtlpDecoder } from '../../../analyzer/ingest/decode-otlp.ts'
import {
  JSON_DEPTH_MAX,
  JSON_NODES_MAX,
  KEPT_BYTES_MAX,
  SPANS_MAX,
  VALUE_DEPTH_MAX,
  VALUES_MAX,
} from '../../../analyzer/ingest/limits.ts'
import { ProtobufReader } from '../../../analyzer/ingest/otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../../../analyzer/ingest/otlp/protobuf-writer.ts'
import type { AttributeValue, Span } from '../../../analyzer/story/span.ts'
import { arbitrarySpan } from '../../support/arbitrary-span.ts'
import { type DecodedBody, decodeSpans } from '../../support/decode-spans.ts'
import { buildSpan, jsonRequest, jsonSpan, protobufRequest } from '../../support/otlp.ts'

const fromJson = (value: unknown): DecodedBody =>
  decodeSpans(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), 'json')

function decoded(result: DecodedBody) {
  if (result.kind !== 'decoded') throw new Error(result.message)
  return result
}

function inRequest(span: unknown) {
  return { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }
}

test('JSON and protobuf of the same spans decode to the same', () => {
  fc.assert(
    fc.property(fc.array(arbitrarySpan, { maxLength: 4 }), (spans) => {
      expect(fromJson(jsonRequest(spans))).toEqual(decodeSpans(protobufRequest(spans), 'protobuf'))
    }),
  )
})

test('an empty request is no error in either encoding', () => {
  const nothing = { kind: 'decoded', spans: [], rejected: 0, reasons: {} }
  expect(decodeSpans(Buffer.alloc(0), 'protobuf')).toEqual(nothing)
  expect(fromJson({})).toEqual(nothing)
  expect(fromJson({ resourceSpans: [] })).toEqual(nothing)
})

test('several protobuf requests in a row are one', () => {
  const body = Buffer.concat([
    protobufRequest([buildSpan({ spanId: '0000000000000001' })]),
    protobufRequest([buildSpan({ spanId: '0000000000000002' })]),
  ])
  const { spans } = decoded(decodeSpans(body, 'protobuf'))
  expect(spans.map((each) => each.spanId)).toEqual(['0000000000000001', '0000000000000002'])
})

test('a resource and a scope that stand after their spans are still theirs', () => {
  const writer = new ProtobufWriter()
  writer.messageField(1, (resourceSpans) => {
    resourceSpans.messageField(2, (scopeSpans) => {
      scopeSpans.messageField(2, (message) => {
        message.bytesField(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex'))
        message.bytesField(2, Buffer.from('eee19b7ec3c1b174', 'hex'))
        message.fixed64Field(8, 5n)
      })
      scopeSpans.messageField(1, (scope) => scope.stringField(1, 'late scope'))
    })
    resourceSpans.messageField(1, (resource) => {
      resource.messageField(1, (attribute) => {
        attribute.stringField(1, 'service.name')
        attribute.messageField(2, (text) => text.stringField(1, 'late resource'))
      })
    })
  })
  const { spans } = decoded(decodeSpans(writer.finish(), 'protobuf'))
  expect(spans[0]?.scope.name).toBe('late scope')
  expect(spans[0]?.resource.get('service.name')).toBe('late resource')
})

test('a bad span costs itself only, and its reason is counted', () => {
  const bad: readonly [string, Record<string, unknown>][] = [
    ['trace-id-invalid', { traceId: '' }],
    ['trace-id-invalid', { traceId: '0'.repeat(32) }],
    ['trace-id-invalid', { traceId: 'W47/95gDgQPSabYzgT/GDA==' }],
    ['span-id-invalid', { spanId: 'abc' }],
    ['span-id-invalid', { spanId: '0'.repeat(16) }],
    ['parent-span-id-invalid', { parentSpanId: 'nonsense' }],
    ['time-invalid', { startTimeUnixNano: '0', endTimeUnixNano: '0' }],
    ['time-invalid', { endTimeUnixNano: String(2n ** 64n - 1n) }],
    ['time-invalid', { startTimeUnixNano: 'yesterday' }],
    ['time-invalid', { startTimeUnixNano: -1 }],
    ['kind-invalid', { kind: 'SPAN_KIND_SERVER' }],
    ['kind-invalid', { status: { code: 'STATUS_CODE_ERROR' } }],
  ]
  for (const [reason, spoiled] of bad) {
    const result = decoded(
      fromJson({
        resourceSpans: [
          {
            scopeSpans: [
              { spans: [{ ...jsonSpan(buildSpan()), ...spoiled }, jsonSpan(buildSpan())] },
            ],
          },
        ],
      }),
    )
    expect(result).toMatchObject({ rejected: 1, reasons: { [reason]: 1 } })
    expect(result.spans).toHaveLength(1)
  }
})

test('a thing that is no span is rejected, and not its batch', () => {
  for (const nonsense of [null, 7, 'span', [], { events: [3] }, { attributes: ['x'] }]) {
    expect(decoded(fromJson(inRequest(nonsense))).rejected).toBe(1)
  }
})

test('hex ids are read in either case, and an all-zero parent is none', () => {
  const { spans } = decoded(
    fromJson(
      inRequest({
        ...jsonSpan(buildSpan()),
        traceId: '5B8EFFF798038103D269B633813FC60C',
        parentSpanId: '0000000000000000',
      }),
    ),
  )
  expect(spans[0]).toMatchObject({ traceId: '5b8efff798038103d269b633813fc60c', parentSpanId: '' })
})

test('64-bit numbers are read from text and from numbers', () => {
  const { spans } = decoded(
    fromJson(
      inRequest({
        ...jsonSpan(buildSpan()),
        startTimeUnixNano: 1000,
        endTimeUnixNano: '1760000000123456789',
        attributes: [
          { key: 'text', value: { intValue: '9007199254740993' } },
          { key: 'number', value: { intValue: 42 } },
          { key: 'infinite', value: { doubleValue: 'Infinity' } },
        ],
      }),
    ),
  )
  expect(spans[0]?.endTimeNs).toBe(1_760_000_000_123_456_789n)
  expect(spans[0]?.startTimeNs).toBe(1000n)
  expect(Object.fromEntries(spans[0]?.attributes ?? [])).toEqual({
    text: 9_007_199_254_740_993n,
    number: 42,
    infinite: Infinity,
  })
})

test('a span that ends before it starts has no duration, and that is told', () => {
  const backwards = { startTimeNs: 100n, endTimeNs: 50n }
  const decoder = new OtlpDecoder({ salt: Buffer.from('salt') })
  const notesOf = (...spans: readonly Span[]) => {
    const result = decoder.decode(protobufRequest(spans), 'protobuf')
    return result.kind === 'decoded' ? result.notes : result.message
  }
  expect(notesOf(buildSpan(), buildSpan(backwards))).toEqual([
    'spans that end before they start are kept without a duration',
  ])
  expect(notesOf(buildSpan(), buildSpan({ startTimeNs: 0n }))).toEqual([])
})

test('a span that ends before it starts has no duration, and one without a start begins at its end', () => {
  const { spans } = decoded(
    decodeSpans(
      protobufRequest([
        buildSpan({ startTimeNs: 100n, endTimeNs: 50n }),
        buildSpan({ startTimeNs: 0n, endTimeNs: 50n }),
      ]),
      'protobuf',
    ),
  )
  expect(spans.map((each) => [each.startTimeNs, each.endTimeNs])).toEqual([
    [100n, 100n],
    [50n, 50n],
  ])
})

test('keys that pollute prototypes are inert data', () => {
  const text = JSON.stringify(
    inRequest({
      ...jsonSpan(buildSpan()),
      attributes: [
        { key: '__proto__', value: { stringValue: 'a' } },
        { key: 'constructor.prototype', value: { stringValue: 'b' } },
        { key: 'm', value: { kvlistValue: { values: [{ key: '__proto__', value: {} }] } } },
      ],
    }),
  ).replace('"name"', '"__proto__":{"polluted":true},"name"')
  const { spans } = decoded(fromJson(text))
  expect(spans[0]?.attributes.get('__proto__')).toBe('a')
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  expect(spans[0] !== undefined && 'polluted' in spans[0]).toBe(false)
})

test('names that are nearly right are told, other unknown keys are ignored', () => {
  expect(fromJson({ resource_spans: [] })).toMatchObject({
    kind: 'malformed',
    message: expect.stringContaining('lowerCamelCase'),
  })
  expect(fromJson({ resourceLogs: [] })).toMatchObject({
    message: expect.stringContaining('logs, not traces'),
  })
  expect(fromJson({ resourceSpans: [], newField: { x: 1 } })).toMatchObject({ kind: 'decoded' })
})

test('what is not the encoding that it claims to be is malformed', () => {
  const bodies: readonly [string, 'json' | 'protobuf'][] = [
    ['', 'json'],
    ['[]', 'json'],
    ['null', 'json'],
    ['{"resourceSpans":[', 'json'],
    ['{"resourceSpans":[7]}', 'json'],
    ['hello', 'protobuf'],
    ['{"resourceSpans":[]}', 'protobuf'],
    ['\u0000\u0000\u0000\u0000\u0005hello', 'protobuf'],
  ]
  for (const [body, encoding] of bodies) {
    expect(decodeSpans(Buffer.from(body), encoding).kind).toBe('malformed')
  }
})

test('a protobuf body that is cut anywhere is malformed', () => {
  const body = protobufRequest([buildSpan({ attributes: { a: 'text', b: 7, c: [1.5, true] } })])
  for (let end = 1; end < body.length; end += 1) {
    expect(decodeSpans(body.subarray(0, end), 'protobuf').kind).toBe('malformed')
  }
})

test('no bytes whatever make a decoder throw', () => {
  const real = protobufRequest([buildSpan({ attributes: { a: 'text', n: new Map([['k', 1]]) } })])
  const kinds = ['decoded', 'malformed']
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(kinds).toContain(decodeSpans(bytes, 'protobuf').kind)
      expect(kinds).toContain(decodeSpans(bytes, 'json').kind)
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255))), (changes) => {
      const bytes = Buffer.from(real)
      for (const [index, byte] of changes) bytes[index] = byte
      expect(kinds).toContain(decodeSpans(bytes, 'protobuf').kind)
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (json) => {
      const { kind } = fromJson(`{"resourceSpans":[{"scopeSpans":[{"spans":[${json}]}]}]}`)
      expect(kinds).toContain(kind)
    }),
    { numRuns: 1000 },
  )
})

/** `AnyValue`s in `ArrayValue`s, written from the innermost out. */
function nestedValue(levels: number): Buffer {
  const buffer = Buffer.alloc(levels * 10)
  let start = buffer.length
  const prepend = (tag: number): void => {
    const length: number[] = []
    for (let rest = buffer.length - start; ; rest >>>= 7) {
      length.push(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest)
      if (rest < 0x80) break
    }
    start -= length.length
    buffer.set(length, start)
    start -= 1
    buffer[start] = tag
  }
  for (let level = 0; level < levels; level += 1) {
    prepend(0x0a)
    prepend(0x2a)
  }
  return buffer.subarray(start)
}

test('a value that is nested a million levels deep costs its span only', () => {
  const deep = nestedValue(1_000_000)
  const writer = new ProtobufWriter()
  writer.messageField(1, (resourceSpans) => {
    resourceSpans.messageField(2, (scopeSpans) => {
      scopeSpans.messageField(2, (message) => {
        message.messageField(9, (attribute) => attribute.bytesField(2, deep))
      })
    })
  })
  const body = Buffer.concat([writer.finish(), protobufRequest([buildSpan()])])
  const result = decoded(decodeSpans(body, 'protobuf'))
  expect(result).toMatchObject({ rejected: 1, reasons: { 'nested-too-deep': 1 } })
  expect(result.spans).toHaveLength(1)
})

test('the deepest allowed value is read from JSON and from protobuf', () => {
  const nest = (depth: number): AttributeValue => (depth === 1 ? 'x' : [nest(depth - 1)])
  const allowed = buildSpan({ attributes: { deep: nest(VALUE_DEPTH_MAX) } })
  const tooDeep = buildSpan({ attributes: { deep: nest(VALUE_DEPTH_MAX + 1) } })
  for (const result of [
    fromJson(jsonRequest([allowed, tooDeep])),
    decodeSpans(protobufRequest([allowed, tooDeep]), 'protobuf'),
  ]) {
    expect(decoded(result).spans).toEqual([allowed])
    expect(decoded(result).reasons).toEqual({ 'nested-too-deep': 1 })
  }
})

test('JSON that is nested beyond reason is refused before it is parsed', () => {
  const levels = 1_000_000
  const body = `{"resourceSpans":${'['.repeat(levels)}${']'.repeat(levels)}}`
  expect(fromJson(body)).toEqual({
    kind: 'malformed',
    message: `the body is nested deeper than ${JSON_DEPTH_MAX} levels`,
  })
})

test('JSON of more values than any request has is refused', () => {
  const result = fromJson(`[${'0,'.repeat(JSON_NODES_MAX)}0]`)
  expect(result).toMatchObject({ message: expect.stringContaining('values') as unknown })
})

test('brackets inside JSON strings are not counted as nesting', () => {
  const text = `\\"${'['.repeat(1000)}`
  const { spans } = decoded(fromJson(jsonRequest([buildSpan({ attributes: { note: text } })])))
  expect(spans[0]?.attributes.get('note')).toBe(text)
})

test('a body of a great many tiny values does not get past its budget', () => {
  const body = Buffer.alloc(VALUES_MAX * 2 + 2)
  for (let index = 0; index < body.length; index += 2) body[index] = 0x0a
  const writer = new ProtobufWriter()
  writer.messageField(1, (resourceSpans) => {
    resourceSpans.messageField(2, (scopeSpans) => {
      scopeSpans.messageField(2, (message) => {
        message.messageField(9, (attribute) => {
          attribute.messageField(2, (any) => any.bytesField(5, body))
        })
      })
    })
  })
  expect(decoded(decodeSpans(writer.finish(), 'protobuf'))).toMatchObject({
    rejected: 1,
    reasons: { 'too-many-values': 1 },
  })
})

test('what is kept of a body is bounded, though shapes are longer than what they stand for', () => {
  const keys = Array.from({ length: 120 }, (_, index) => [`gen_ai.unknown.${index}`, 'x'])
  const one = protobufRequest([buildSpan({ attributes: Object.fromEntries(keys) })])
  const decoder = new OtlpDecoder({ salt: Buffer.from('salt') })
  const keptOf = (count: number): readonly [kept: number, rejected: number] => {
    const result = decoder.decode(Buffer.concat(Array<Buffer>(count).fill(one)), 'protobuf')
    if (result.kind !== 'decoded') throw new Error(result.message)
    return [result.records.reduce((sum, { bytes }) => sum + bytes.length, 0), result.rejected]
  }
  const [bytes] = keptOf(1)
  expect(bytes).toBeGreaterThan(3 * one.length)
  const fitting = Math.floor(KEPT_BYTES_MAX / bytes)
  expect(keptOf(fitting + 7)).toEqual([fitting * bytes, 7])
}, 60_000)

test('more spans than one request may hold are rejected and counted', () => {
  const writer = new ProtobufWriter()
  writer.messageField(1, (resourceSpans) => {
    resourceSpans.messageField(2, (scopeSpans) => {
      for (let index = 0; index <= SPANS_MAX; index += 1) {
        scopeSpans.messageField(2, (message) => {
          message.bytesField(1, Buffer.from('5b8efff798038103d269b633813fc60c', 'hex'))
          message.bytesField(2, Buffer.from((index + 1).toString(16).padStart(16, '0'), 'hex'))
          message.fixed64Field(8, 5n)
        })
      }
    })
  })
  const result = decoded(decodeSpans(writer.finish(), 'protobuf'))
  expect(result.spans).toHaveLength(SPANS_MAX)
  expect(result.reasons).toEqual({ 'too-many-spans': 1 })
})

test('attributes, events and names beyond their limits are dropped', () => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`k${index}`, index]))
  const events = Array.from({ length: 200 }, () => ({
    name: 'e',
    timeNs: 1n,
    attributes: new Map(),
  }))
  const wide = buildSpan({ attributes: many, events, name: 'n'.repeat(1000) })
  for (const result of [
    fromJson(jsonRequest([wide])),
    decodeSpans(protobufRequest([wide]), 'protobuf'),
  ]) {
    const [span] = decoded(result).spans
    expect(span?.attributes.size).toBe(128)
    expect(span?.events).toHaveLength(128)
    expect(span?.name).toHaveLength(256)
  }
})

test('invalid UTF-8 becomes a replacement character', () => {
  const body = protobufRequest([buildSpan({ name: 'XYZ' })])
  body[body.indexOf('XYZ') + 1] = 0xff
  expect(decoded(decodeSpans(body, 'protobuf')).spans[0]?.name).toBe('X\uFFFDZ')
})

test('links, flags, trace state and dropped counts are read from JSON as from protobuf', () => {
  const body = inRequest({
    ...jsonSpan(buildSpan()),
    traceState: 'vendor=value',
    flags: 0x101,
    droppedAttributesCount: 2,
    links: [
      { traceId: '5B8EFFF798038103D269B633813FC60C', spanId: 'eee19b7ec3c1b174', flags: 1 },
      'no link',
    ],
  })
  const decoder = new OtlpDecoder({ salt: new Uint8Array(16) })
  const result = decoder.decode(Buffer.from(JSON.stringify(body)), 'json')
  const bytes = result.kind === 'decoded' ? result.records[0]?.bytes : undefined
  const reader = new ProtobufReader(bytes ?? new Uint8Array())
  const kept = new Map<number, string>()
  while (reader.next()) {
    const { field, position } = reader
    reader.skip()
    kept.set(field, reader.source.toString('hex', position, reader.position))
  }
  expect(kept.get(3)).toBe(`0c${Buffer.from('vendor=value').toString('hex')}`)
  expect(kept.get(10)).toBe('02')
  expect(kept.get(13)).toBe('210a105b8efff798038103d269b633813fc60c1208eee19b7ec3c1b1743501000000')
  expect(kept.get(14)).toBe('01')
  expect(kept.get(16)).toBe('01010000')
})

test('unknown fields of JSON are ignored at every depth', () => {
  const unknown = { newField: { deep: [1, { a: 'x' }] } }
  const body = {
    ...unknown,
    resourceSpans: [
      {
        ...unknown,
        resource: { ...unknown, attributes: [{ ...unknown, key: 'a', value: { intValue: 1 } }] },
        scopeSpans: [
          {
            ...unknown,
            scope: { ...unknown, name: 's' },
            spans: [
              {
                ...jsonSpan(buildSpan()),
                ...unknown,
                events: [{ ...unknown, name: 'e', timeUnixNano: '1' }],
                attributes: [{ key: 'k', value: { ...unknown, stringValue: 'v', ...unknown } }],
              },
            ],
          },
        ],
      },
    ],
  }
  expect(decoded(fromJson(body))).toMatchObject({
    rejected: 0,
    spans: [{ name: buildSpan().name, attributes: new Map([['k', 'v']]) }],
  })
})

/** As often as it fits into two megabytes. */
function repeated(hex: string): Buffer {
  const unit = Buffer.from(hex, 'hex')
  return Buffer.alloc(Math.floor(2 ** 21 / unit.length) * unit.length, unit)
}

/** In a message, in a message, … of these field numbers, the innermost first. */
function wrapped(content: Buffer, fields: readonly number[]): Buffer {
  return fields.reduce((inner, field) => {
    const writer = new ProtobufWriter()
    writer.bytesField(field, inner)
    return writer.finish()
  }, content)
}

test.each([
  ['attributes', wrapped(repeated('4a090a036b657912021801'), [2, 2, 1]), 1],
  ['attributes that are content', wrapped(repeated('4a080a016c12030a0161'), [2, 2, 1]), 1],
  ['events', wrapped(repeated('5a00'), [2, 2, 1]), 1],
  ['spans', wrapped(repeated('1200'), [2, 1]), 2 ** 20],
  ['scopes', wrapped(repeated('1200'), [1]), 0],
  ['resources', repeated('0a00'), 0],
])('a body of nothing but the smallest %s costs as much as its bytes', (_, body, rejected) => {
  expect(decodeSpans(body, 'protobuf')).toMatchObject({ spans: [], rejected })
})
