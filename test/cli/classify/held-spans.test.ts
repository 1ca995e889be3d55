import { expect, test } from 'vitest'

import { OtlpDecoder } from '../../../analyzer/ingest/decode-otlp.ts'
import { HeldSpans } from '../../../cli/classify/held-spans.ts'
import { buildSpan, protobufRequest } from '../../support/otlp.ts'

const SPANS_MAX = 4
const decoder = new OtlpDecoder({ salt: Buffer.from('salt') })

/** Of traces named by one digit, in this order. */
function hold(traces: string): HeldSpans {
  const held = new HeldSpans({ spansMax: SPANS_MAX })
  const spans = traces
    .split('')
    .map((digit, index) =>
      buildSpan({ traceId: digit.repeat(32), spanId: (index + 1).toString(16).padStart(16, '0') }),
    )
  const decoded = decoder.decode(protobufRequest(spans), 'protobuf')
  held.keep(decoded.kind === 'decoded' ? decoded.records : [])
  return held
}

const heldTraces = (held: HeldSpans): string =>
  held
    .toSpans()
    .map(({ traceId }) => traceId[0])
    .join('')

test('at the limit no trace begins any more, and those that have begun go on', () => {
  const held = hold('aabbcbcaddc')
  expect(heldTraces(held)).toBe('aabbba')
  expect([...held.rejected]).toEqual([['too-many-spans', 5]])
})

test('one trace alone does not go on for ever', () => {
  const held = hold('a'.repeat(20))
  expect(heldTraces(held)).toHaveLength(6)
  expect([...held.rejected]).toEqual([['too-many-spans', 14]])
})

test('below the limit nothing is left out', () => {
  const held = hold('abcd')
  expect(heldTraces(held)).toBe('abcd')
  expect(held.rejected.size).toBe(0)
})
