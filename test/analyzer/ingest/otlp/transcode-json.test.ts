import {
  array,
  assert,
  boolean,
  constantFrom,
  double,
  letrec,
  maxSafeInteger,
  oneof,
  property,
  record,
  string,
  type Arbitrary,
} from 'fast-check'
import { expect, test } from 'vitest'
import { Rejections } from '../../../../analyzer/ingest/otlp/rejections.ts'
import { JsonTranscoder } from '../../../../analyzer/ingest/otlp/transcode-json.ts'

const transcoder = new JsonTranscoder()

function toProtobuf(text: string): string {
  const rejections = new Rejections()
  const bytes = transcoder.toProtobuf(Buffer.from(text), rejections)
  return `${bytes.toString('hex')} ${JSON.stringify(rejections.reasons())}`
}

const text = oneof(string(), string({ unit: 'binary', minLength: 100, maxLength: 200 }))
const number = oneof(maxSafeInteger(), double({ noDefaultInfinity: true, noNaN: true }))
const scalar = oneof(text, number, number.map(String), boolean(), constantFrom(null, {}, []))

/** Of any type under any name: what is right is told apart from what is not. */
const { value, attributes } = letrec<{ value: unknown; attributes: unknown }>((tie) => ({
  value: oneof(
    { maxDepth: 3 },
    record({ stringValue: text }),
    record({ intValue: oneof(number, number.map(String)) }),
    record({ doubleValue: number }),
    record({ boolValue: boolean() }),
    ...(['stringValue', 'intValue', 'doubleValue', 'boolValue', 'bytesValue'] as const).map(
      (name): Arbitrary<unknown> => record({ [name]: scalar }),
    ),
    record({ arrayValue: record({ values: array(tie('value')) }) }),
    record({ kvlistValue: record({ values: tie('attributes') }) }),
    record({ key: text, value: tie('value') }),
  ),
  attributes: array(
    oneof(
      { arbitrary: record({ key: text, value: tie('value') }), weight: 9 },
      record({ value: tie('value'), key: text }),
      record({ key: text, value: tie('value'), more: scalar }),
    ),
  ),
}))

const span = record({
  traceId: constantFrom('5B8EFFF798038103D269B633813FC60C'),
  spanId: constantFrom('eee19b7ec3c1b174'),
  startTimeUnixNano: constantFrom('1544712660000000000', 1_544_712_660_000),
  attributes,
  events: array(oneof(record({ name: text, attributes }), value), { maxLength: 2 }),
  links: array(oneof(record({ attributes }), value), { maxLength: 2 }),
  more: oneof(value, attributes),
})
const body = record({
  resourceSpans: array(
    record({
      resource: oneof(record({ attributes }), value),
      scopeSpans: array(
        record({ scope: record({ attributes }), spans: array(span, { maxLength: 2 }) }),
        { maxLength: 2 },
      ),
    }),
    { maxLength: 2 },
  ),
})

test('a body is read the same with spaces and without, which most senders leave out', () => {
  assert(
    property(body, (request) => {
      expect(toProtobuf(JSON.stringify(request))).toBe(
        toProtobuf(JSON.stringify(request, undefined, 1)),
      )
    }),
    { numRuns: 200 },
  )
})

function requestWith(key: string): string {
  const attribute = `{"key":"${key}","value":{"intValue":"1"}}`
  return `{"resourceSpans":[{"resource":{"attributes":[${attribute}]}}]}`
}

test('what one body left behind is no part of the next', () => {
  const alone = toProtobuf(requestWith('b'))
  // The last one needs more memory than is kept.
  for (const length of [300, 100_000, 2 ** 21]) {
    toProtobuf(requestWith('a'.repeat(length)))
    expect(toProtobuf(requestWith('b'))).toBe(alone)
  }
  expect(() => toProtobuf(requestWith('a').slice(0, -3))).toThrow('not JSON')
  expect(toProtobuf(requestWith('b'))).toBe(alone)
})
