import { expect, test } from 'vitest'

import { toWireTrace } from '../../../analyzer/api/to-wire-trace.ts'
import { buildSpan } from '../../support/otlp.ts'

test.each([true, false])('tells whether there are more spans than are shown: %s', (isCut) => {
  const span = buildSpan({})
  const spans = [{ span, source: 's', receivedAtMs: 1 }]
  const wire = toWireTrace(span.traceId, { spans, isCut, requests: [] })
  expect([wire.cut, wire.spans.length]).toEqual([isCut, 1])
})
