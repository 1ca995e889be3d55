import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { decodeContext, decodeSpan } from '../../../../analyzer/ingest/otlp/decode-span.ts'
import { arbitrarySpan } from '../../../support/arbitrary-span.ts'
import { protobufRequest } from '../../../support/otlp.ts'
import { readOtlp } from '../../../support/read-otlp.ts'
import { toRecord } from '../../../support/to-record.ts'

test('what is written as protobuf is read back unchanged', () => {
  fc.assert(
    fc.property(fc.array(arbitrarySpan, { maxLength: 4 }), (spans) => {
      expect(readOtlp(protobufRequest(spans))).toEqual(spans)
    }),
  )
})

test('a record is its span, its ids stand where they are looked for, and its columns say the same', () => {
  fc.assert(
    fc.property(arbitrarySpan, (span) => {
      const record = toRecord(span)
      expect(decodeSpan(record.bytes, decodeContext(record.context.bytes))).toEqual(span)
      expect(record.bytes.toString('hex', 0, 2)).toBe('0a10')
      expect(record.bytes.toString('hex', 2, 18)).toBe(span.traceId)
      expect(record.bytes.toString('hex', 20, 28)).toBe(span.spanId)
      expect(record).toMatchObject({
        startUs: Number(span.startTimeNs / 1000n),
        endUs: Number(span.endTimeNs / 1000n),
        isError: span.status.code === 'error',
      })
      expect(record.context.resource).toBe(span.resource)
    }),
  )
})
