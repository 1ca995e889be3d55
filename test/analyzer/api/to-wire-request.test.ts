import { describe, expect, test } from 'vitest'

import { toWireRequest } from '../../../analyzer/api/to-wire-request.ts'
import type { RuledFinding } from '../../../analyzer/rules/rule.ts'
import { buildAttempt, buildStory } from '../../support/build-story.ts'

const finding: RuledFinding = {
  rule: 'fallback-bypassed',
  primary: true,
  severity: 'high',
  confidence: 'likely',
  title: 'Fallback skipped',
  summary: 'The fallback was never asked.',
  evidence: [{ spanId: '00000000000000b1', key: 'error.type', value: 'ECONNRESET' }],
  cause: 'for the fingerprint only',
}

describe('toWireRequest', () => {
  test('writes every key that readers rely on, and null where the spans cannot tell', () => {
    const story = buildStory({
      api: 'unknown',
      stream: 'unknown',
      route: undefined,
      client: { complete: 'unknown', errorShown: 'unknown', evidence: [] },
      attempts: [],
    })
    expect(toWireRequest(story, [])).toEqual({
      source: 'default',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      traceIds: ['0af7651916cd43dd8448eb211c80319c'],
      requestSpanId: '00000000000000a1',
      dialect: 'secondwind',
      api: 'unknown',
      stream: null,
      route: null,
      caller: {},
      outcome: 'failed',
      attempts: [],
      clientSaw: { complete: null },
      findings: [],
      startTime: '2023-11-14T22:13:20.000Z',
      durationMs: 2000,
    })
  })

  test('writes attempts, what the client saw and findings, without what is ours alone', () => {
    const attempts = [
      buildAttempt({ statusCode: 529, errorType: 'overloaded_error', message: 'Overloaded' }),
    ]
    const client = {
      complete: false,
      errorShown: true,
      errorAttempt: 1,
      statusCode: 200,
      errorType: 'api_error',
      message: 'Overloaded',
      evidence: [],
    } as const
    const wire = toWireRequest(buildStory({ attempts, client }), [finding])
    expect(wire.attempts).toEqual([
      {
        number: 1,
        kind: 'initial',
        route: 'claude-primary',
        deployment: 'claude-primary/1',
        provider: 'anthropic',
        model: 'claude-sonnet-4-6',
        status: 'failed',
        phase: 'mid_stream',
        reason: 'stream-cut',
        statusCode: 529,
        errorType: 'overloaded_error',
        message: 'Overloaded',
        spanId: '00000000000000b1',
        durationMs: 1000,
      },
    ])
    expect(wire.clientSaw).toEqual({
      statusCode: 200,
      errorType: 'api_error',
      message: 'Overloaded',
      complete: false,
    })
    const { cause, ...shown } = finding
    expect(wire.findings).toEqual([shown])
    expect(JSON.stringify(wire)).not.toContain(cause)
  })

  test('an attempt that no span tells of has no duration', () => {
    const { spanId: _, ...spanless } = buildAttempt()
    const wire = toWireRequest(buildStory({ attempts: [spanless] }), [])
    expect(wire.attempts[0]).not.toHaveProperty('durationMs')
  })

  test('a time that no calendar holds is cut, not thrown', () => {
    const endTimeNs = 2n ** 64n - 1n
    const far = buildStory({ startTimeNs: endTimeNs * 1000n, endTimeNs: endTimeNs * 1000n })
    expect(toWireRequest(far, []).startTime).toBe('+275760-09-13T00:00:00.000Z')
  })
})
