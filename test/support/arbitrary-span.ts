import * as fc from 'fast-check'

import type { AttributeValue, Span } from '../../analyzer/story/span.ts'

const value: fc.Arbitrary<AttributeValue> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'grapheme' }),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.double().map((number) => (Object.is(number, -0) ? 0 : number)),
    fc.uint8Array({ maxLength: 8 }),
    fc.constant(null),
    fc.array(tie('value')),
    fc.array(fc.tuple(fc.string(), tie('value'))).map((entries) => new Map(entries)),
  ),
})).value as fc.Arbitrary<AttributeValue>

const attributes = fc
  .array(fc.tuple(fc.string(), value), { maxLength: 8 })
  .map((entries) => new Map(entries))
const id = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .filter((array) => array.some((byte) => byte !== 0))
    .map((array) => Buffer.from(array).toString('hex'))
const time = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n })

/** Any span that OTLP has words for, with everything in it that attributes can hold. */
export const arbitrarySpan: fc.Arbitrary<Span> = fc.record({
  traceId: id(16),
  spanId: id(8),
  parentSpanId: fc.oneof(fc.constant(''), id(8)),
  name: fc.string({ unit: 'grapheme', maxLength: 40 }),
  kind: fc.constantFrom<Span['kind']>('unspecified', 'internal', 'server', 'client', 'producer'),
  startTimeNs: fc.constant(1n),
  endTimeNs: time,
  status: fc.record({
    code: fc.constantFrom<Span['status']['code']>('unset', 'ok', 'error'),
    message: fc.string(),
  }),
  attributes,
  events: fc.array(fc.record({ name: fc.string(), timeNs: time, attributes }), { maxLength: 3 }),
  scope: fc.record({ name: fc.string(), version: fc.string() }),
  resource: attributes,
})
