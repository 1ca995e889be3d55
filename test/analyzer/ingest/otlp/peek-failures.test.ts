import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { peekFailures } from '../../../../analyzer/ingest/otlp/peek-failures.ts'
import { decodeSpans } from '../../../support/decode-spans.ts'
import type { AttributeValue } from '../../../../analyzer/story/span.ts'
import { buildSpan, protobufRequest } from '../../../support/otlp.ts'

const FAILED = { code: 'error', message: 'overloaded' } as const

test('one span with the status ERROR makes a body one of failures', () => {
  const spans = [buildSpan(), buildSpan({ status: FAILED }), buildSpan()]
  expect(peekFailures(protobufRequest(spans))).toEqual({ kind: 'failed' })
})

test('a body without any is healthy, and its spans are counted', () => {
  const spans = [buildSpan(), buildSpan({ status: { code: 'ok', message: 'error' } })]
  expect(peekFailures(protobufRequest(spans))).toMatchObject({ kind: 'healthy', spans: 2 })
  const nothing = { kind: 'healthy', spans: 0, resource: new Map() }
  expect(peekFailures(new Uint8Array())).toEqual(nothing)
})

test('the texts of the resource name the source, whatever else stands in it', () => {
  const resource: Readonly<Record<string, AttributeValue>> = {
    'service.name': 'litellm',
    'process.pid': 7,
    'host.ip': ['10.0.0.1'],
    'deployment.environment': 'eu',
  }
  const peeked = peekFailures(protobufRequest([buildSpan({ resource })]))
  expect(peeked).toEqual({
    kind: 'healthy',
    spans: 1,
    resource: new Map([
      ['service.name', 'litellm'],
      ['deployment.environment', 'eu'],
    ]),
  })
})

test('what decoding finds failed is never taken for healthy, whatever the bytes are', () => {
  const body = protobufRequest([buildSpan(), buildSpan({ status: FAILED })])
  const damage = fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { maxLength: 4 })
  fc.assert(
    fc.property(damage, fc.nat(body.length), (changes, length) => {
      const bytes = Buffer.from(body.subarray(0, length))
      for (const [at, value] of changes) if (at < length) bytes[at] = value
      const decoded = decodeSpans(bytes, 'protobuf')
      const spans = decoded.kind === 'decoded' ? decoded.spans : []
      const isFailed = spans.some((span) => span.status.code === 'error')
      expect(isFailed && peekFailures(bytes).kind === 'healthy').toBe(false)
    }),
    { numRuns: 2000 },
  )
})
