import { describe, expect, test } from 'vitest'
import { formatTraceparent, parseTraceparent } from '../../../collector/telemetry/trace-context.ts'

const TRACE = 'ab'.repeat(16)
const SPAN = 'cd'.repeat(8)

describe('parseTraceparent', () => {
  test('reads the caller’s span, and a later version with more fields', () => {
    const caller = { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true }
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual(caller)
    expect(parseTraceparent(` 00-${TRACE}-${SPAN}-01 `)).toEqual(caller)
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-01-more`)).toEqual(caller)
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-ff`)?.traceFlags).toBe(1)
  })

  test.each([
    [undefined],
    [''],
    [`ff-${TRACE}-${SPAN}-01`],
    [`00-${TRACE}-${SPAN}-01-more`],
    [`00-${'0'.repeat(32)}-${SPAN}-01`],
    [`00-${TRACE}-${'0'.repeat(16)}-01`],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`],
    [`00-${TRACE}-${SPAN}`],
    [`00-${TRACE}-${SPAN}-01\r\nx: y`],
  ])('starts a trace of its own for %j', (header) => {
    expect(parseTraceparent(header)).toBeUndefined()
  })

  test('is the inverse of what is written', () => {
    expect(parseTraceparent(formatTraceparent({ traceId: TRACE, spanId: SPAN }))?.traceId).toBe(
      TRACE,
    )
  })
})
