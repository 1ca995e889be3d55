import { describe, expect, test } from 'vitest'
import { protocolOf } from '../../../collector/protocol/index.ts'
import { createResponseGate } from '../../../collector/upstream/response-gate.ts'
import type { Failure } from '../../../collector/upstream/failure.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

/** What answers without being an answer is a failure with its own status and words (I1, I2). */

const KEY = 'sk-provider-key-1234'

interface Heard {
  readonly opened: number
  readonly body: string
  readonly refusals: readonly Failure[]
}

function gateOf(clock: FakeClock, stream = true) {
  const heard = { opened: 0, body: '', refusals: [] as Failure[] }
  const gate = createResponseGate(
    {
      connected() {
        // Timers of the connection are the attempt's.
      },
      opened() {
        heard.opened += 1
      },
      data(chunk) {
        heard.body += Buffer.from(chunk).toString()
      },
      ended() {
        // The protocol says whether it is whole.
      },
      broken() {
        // As above.
      },
      refused: (failure) => void heard.refusals.push(failure),
    },
    {
      protocol: protocolOf('chat'),
      stream,
      wallNow: () => clock.wallNow(),
      setTimer: (ms, onTime) => clock.setTimer(ms, onTime),
      apiKey: KEY,
    },
  )
  return { gate, heard: heard as Heard }
}

const ERROR = Buffer.from(JSON.stringify({ error: { message: `bad key ${KEY}`, type: 'auth' } }))

describe('an answer', () => {
  test.each([
    { 'content-type': 'text/event-stream' },
    { 'content-type': 'Text/Event-Stream; charset=UTF-8' },
    { 'content-type': '' },
    { 'content-encoding': ' Identity ' },
    {},
  ])('passes with %j', (headers) => {
    const { gate, heard } = gateOf(createFakeClock())
    gate.head({ statusCode: 200, headers })
    gate.data(Buffer.from('data: 1'))

    expect(heard).toEqual({ opened: 1, body: 'data: 1', refusals: [] })
  })

  test.each([
    [200, { 'content-type': 'text/html' }, 'bad-response'],
    [200, { 'content-encoding': 'gzip' }, 'bad-response'],
    [200, { 'content-encoding': Array.from({ length: 999 }, () => 'gzip').join() }, 'bad-response'],
    [204, {}, 'bad-response'],
    [206, { 'content-type': 'text/event-stream' }, 'bad-response'],
    [307, { location: 'http://evil.example/' }, 'redirect'],
    [401, { 'content-encoding': 'br' }, 'auth'],
  ] as const)('is none with status %i and %j', (statusCode, headers, reason) => {
    const { gate, heard } = gateOf(createFakeClock())
    gate.head({ statusCode, headers })
    gate.data(ERROR)
    gate.end()

    expect(heard.refusals).toMatchObject([{ reason, statusCode }])
    expect(heard).toMatchObject({ opened: 0, body: '' })
    expect(JSON.stringify(heard.refusals)).not.toContain(KEY)
  })
})

describe('an error', () => {
  test.each(['end', 'failed', 'nothing'] as const)('is told once: its body ends by %s', (how) => {
    const clock = createFakeClock()
    const { gate, heard } = gateOf(clock)
    gate.head({ statusCode: 401, headers: {} })
    gate.data(ERROR)
    if (how === 'end') gate.end()
    if (how === 'failed') gate.failed({ code: 'ECONNRESET', message: 'reset' })
    clock.advance(5000)

    expect(heard.refusals).toMatchObject([{ reason: 'auth', message: 'bad key [redacted]' }])
    expect(clock.timers()).toBe(0)
  })

  test('whose body never comes keeps its status', () => {
    const clock = createFakeClock()
    const { gate, heard } = gateOf(clock)
    gate.head({ statusCode: 529, headers: { 'retry-after': '2' } })
    clock.advance(4999)
    expect(heard.refusals).toEqual([])
    clock.advance(1)

    expect(heard.refusals).toMatchObject([
      { reason: 'overloaded', statusCode: 529, retryAfterMs: 2000 },
    ])
  })

  test('whose body has no end is read as far as says what happened', () => {
    const { gate, heard } = gateOf(createFakeClock())
    gate.head({ statusCode: 500, headers: {} })
    for (let sent = 0; sent < 10; sent += 1) gate.data(Buffer.alloc(64 * 1024, 'x'))

    expect(heard.refusals).toHaveLength(1)
    expect(heard.refusals[0]?.message.length).toBeLessThan(3000)
  })

  test('that nobody waits for any more is not told', () => {
    const clock = createFakeClock()
    const { gate, heard } = gateOf(clock)
    gate.head({ statusCode: 500, headers: {} })
    gate.close()
    gate.end()

    expect(heard.refusals).toEqual([])
    expect(clock.timers()).toBe(0)
  })
})
