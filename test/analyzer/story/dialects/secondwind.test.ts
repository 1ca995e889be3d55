import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import * as v from '../../../../collector/vocabulary.ts'
import { judge } from '../../../../analyzer/rules/judge.ts'
import { toSpanId, toTraceId, type CompactSpan } from '../../../support/compact-span.ts'
import { tellStories, tellStory } from '../../../support/tell-stories.ts'
import { TraceBuilder } from '../../../support/trace-builder.ts'

const CUT = {
  reason: 'stream-cut',
  phase: 'mid_stream',
  errorType: 'ECONNRESET',
  message: 'socket hang up',
} as const
const OVERLOADED = { reason: 'overloaded', phase: 'before_headers', statusCode: 529 } as const
const PREFILL_REFUSED = {
  reason: 'prefill-rejected',
  phase: 'before_headers',
  statusCode: 400,
  errorType: 'invalid_request_error',
} as const
const GPT = { route: 'gpt-fallback', provider: 'openai', model: 'gpt-5' } as const

function without(spans: readonly CompactSpan[], name: string): readonly CompactSpan[] {
  const kept = spans.filter((span) => !span.name.startsWith(name))
  expect(kept.length).toBeLessThan(spans.length)
  return kept
}

/** The spans without any reason, and the attempt without its ERROR. */
function mute(spans: readonly CompactSpan[]): readonly CompactSpan[] {
  return spans.map(({ attributes, ...span }) => ({
    ...span,
    ...(span.kind === 'client' && { status: 'unset' as const }),
    attributes: Object.fromEntries(
      Object.entries(attributes ?? {}).filter(([key]) => key !== v.ATTR_FAILURE_REASON),
    ),
  }))
}

describe('a request that went well', () => {
  test('is ok, with its one attempt', () => {
    const story = tellStory(new TraceBuilder().attempt().end())
    expect(story).toMatchObject({
      id: `${toTraceId()}-${toSpanId('a000')}`,
      source: 'test',
      dialect: 'secondwind',
      api: 'chat',
      stream: true,
      route: 'claude-primary',
      traceIds: [toTraceId()],
      requestSpanId: toSpanId('a000'),
      outcome: 'ok',
      attemptsComplete: true,
      sureness: 'certain',
      gateway: { name: 'secondwind', release: '0.1.0' },
      incomplete: false,
      client: { complete: true, errorShown: false, statusCode: 200 },
      fallbacks: { tried: false, configured: { value: ['gpt-fallback'], source: 'span' } },
    })
    expect(story.attempts).toMatchObject([
      {
        number: 1,
        kind: 'initial',
        route: 'claude-primary',
        deployment: 'claude-primary/1',
        provider: 'anthropic',
        model: 'claude-sonnet-4-6',
        status: 'ok',
        spanId: toSpanId('a0b1'),
        delivered: { chars: 120, toolCalls: 0 },
      },
    ])
    expect(judge(story)).toEqual([])
  })

  test('is ok after a retry of the same deployment', () => {
    const spans = new TraceBuilder().attempt({ failed: OVERLOADED }).attempt({ kind: 'retry' })
    expect(tellStory(spans.end({ outcome: 'ok' })).outcome).toBe('ok')
  })

  test('carries usage where the request span has it', () => {
    const attributes = { [v.ATTR_USAGE_INPUT_TOKENS]: 11, [v.ATTR_USAGE_OUTPUT_TOKENS]: 60 }
    const story = tellStory(new TraceBuilder().attempt().end({ attributes }))
    expect(story.usage).toEqual({ inputTokens: 11, outputTokens: 60 })
  })
})

describe('what was counted, timed and asked for', () => {
  test('stands with its attempt, its request and its client', () => {
    const spans = new TraceBuilder()
      .attempt({
        failed: CUT,
        attributes: {
          [v.ATTR_SERVER_ADDRESS]: 'api.example',
          [v.ATTR_SERVER_PORT]: 443,
          [v.ATTR_ATTEMPT_KEY_HASH]: 'k1',
          [v.ATTR_GEN_AI_RESPONSE_MODEL]: 'claude-sonnet-4-6-20260101',
          [v.ATTR_DELIVERED_CHUNKS]: 7,
          [v.ATTR_DELIVERED_KINDS]: ['text', 'tool_call'],
          [v.ATTR_USAGE_OUTPUT_TOKENS]: 40,
          [v.ATTR_GEN_AI_USAGE_INPUT_TOKENS]: 11,
          [v.ATTR_USAGE_SOURCE]: 'estimated',
        },
      })
      .fallback({
        strategy: 'prefill',
        why: 'forced',
        forced: true,
        attributes: { [v.ATTR_PAYLOAD_MESSAGES]: 3, [v.ATTR_PAYLOAD_TOOLS]: 2 },
      })
      .attempt(GPT)
      .end({
        attributes: {
          [v.ATTR_TARGETS_SKIPPED]: ['a=b/1=cooling_down', 'odd'],
          [v.ATTR_CLIENT_ENVELOPES]: 1,
          [v.ATTR_CLIENT_MODEL]: 'claude-sonnet-4-6',
          [v.ATTR_CLIENT_TERMINAL]: 'stop',
          [v.ATTR_CLIENT_GONE_MS]: 1500.5,
          [v.ATTR_TIME_TO_FIRST_CONTENT_MS]: 512.25,
          [v.ATTR_USAGE_SOURCE]: 'partial',
          [v.ATTR_SHAPE_TOOLS]: 2,
          [v.ATTR_SHAPE_TOOL_CHOICE]: 'auto',
          [v.ATTR_SHAPE_MAX_TOKENS]: -1,
        },
      })
    const story = tellStory(spans)
    expect(story.attempts[0]).toMatchObject({
      endpoint: 'api.example:443',
      keyHash: 'k1',
      responseModel: 'claude-sonnet-4-6-20260101',
      terminal: false,
      timeToFirstContentMs: 500,
      usage: { inputTokens: 11, outputTokens: 40, source: 'estimated' },
      delivered: { chunks: 7, chars: 120, toolCalls: 0, kinds: ['text', 'tool_call'] },
    })
    // The router's own word for a stream that broke, by the convention: no provider said it.
    expect(story.attempts[0]?.finishReasons).toBeUndefined()
    expect(story.continuations[0]).toMatchObject({
      forced: true,
      why: 'forced',
      shape: { messages: 3, tools: 2, lastRole: 'user' },
    })
    expect(story.fallbacks.skipped?.value).toEqual([
      { deployment: 'a=b/1', why: 'cooling_down' },
      { deployment: 'odd' },
    ])
    expect(story.client).toMatchObject({
      envelopes: { value: 1, source: 'span' },
      model: 'claude-sonnet-4-6',
      terminal: 'stop',
      goneTimeNs: story.startTimeNs + 1_500_500_000n,
      timeToFirstContentMs: 512.25,
    })
    expect(story.usage).toEqual({ source: 'partial' })
    expect(story.asked).toEqual({ tools: 2, toolChoice: 'auto' })
  })

  test('is absent where content never came, and where a number is none', () => {
    const attributes = { [v.ATTR_CLIENT_GONE_MS]: 1e300, [v.ATTR_CLIENT_ENVELOPES]: -1 }
    const failed = { reason: 'timeout-first-content', phase: 'before_content' } as const
    const story = tellStory(new TraceBuilder().attempt({ failed }).end({ attributes }))
    expect(story.attempts[0]).not.toHaveProperty('timeToFirstContentMs')
    expect(story.client).not.toHaveProperty('goneTimeNs')
    expect(story.client).not.toHaveProperty('envelopes')
  })
})

describe('a rescue', () => {
  const rescued = new TraceBuilder()
    .attempt({ failed: CUT, chars: 200 })
    .fallback({ strategy: 'user_turn', why: 'capability', verified: true, aligned: false })
    .attempt(GPT)
    .end()

  test('tells both attempts, how the second was asked, and the seam', () => {
    const story = tellStory(rescued)
    expect(story.outcome).toBe('rescued')
    expect(story.attempts).toMatchObject([
      {
        number: 1,
        status: 'failed',
        phase: 'mid_stream',
        reason: 'stream-cut',
        errorType: 'ECONNRESET',
        message: 'socket hang up',
        delivered: { chars: 200 },
      },
      { number: 2, kind: 'fallback', route: 'gpt-fallback', provider: 'openai', status: 'ok' },
    ])
    expect(story.continuations).toMatchObject([
      {
        attempt: 2,
        strategy: 'user_turn',
        lastRole: 'user',
        prefill: false,
        verified: true,
        aligned: false,
      },
    ])
    expect(story.continuations[0]?.evidence).toContainEqual({
      spanId: toSpanId('a0f1'),
      key: v.ATTR_FALLBACK_WHY,
      value: 'capability',
    })
    expect(story.fallbacks.tried).toBe(true)
    expect(judge(story)).toEqual([])
  })

  test('by another deployment of the same route is a rescue too', () => {
    const spans = new TraceBuilder()
      .attempt({ failed: OVERLOADED })
      .attempt({ kind: 'retry', deployment: 'claude-primary/2' })
      .end({ outcome: 'ok' })
    expect(tellStory(spans).outcome).toBe('rescued')
  })

  test('is not invisible where the request span calls it ok', () => {
    const spans = new TraceBuilder().attempt({ failed: CUT }).fallback().attempt(GPT)
    expect(tellStory(spans.end({ outcome: 'ok' })).outcome).toBe('rescued')
  })

  test('is none where one deployment gave the whole answer', () => {
    const spans = new TraceBuilder().attempt().end({ outcome: 'rescued' })
    expect(tellStory(spans).outcome).toBe('ok')
  })
})

describe('a failure', () => {
  test('of every target shows the root cause to the client', () => {
    const spans = new TraceBuilder()
      .attempt({ failed: CUT })
      .fallback({ strategy: 'prefill', lastRole: 'assistant', prefill: true, forced: true })
      .attempt({ ...GPT, failed: PREFILL_REFUSED })
      .end()
    const story = tellStory(spans)
    expect(story.outcome).toBe('failed')
    expect(story.client).toMatchObject({
      statusCode: 200,
      errorType: 'api_error',
      errorAttempt: 1,
      errorShown: true,
      complete: false,
      message: 'socket hang up',
    })
    expect(story.continuations).toMatchObject([{ attempt: 2, strategy: 'prefill', prefill: true }])
    expect(judge(story).map(({ rule }) => rule)).toEqual(['prefill-rejected', 'fallback-exhausted'])
  })

  test('after which nothing was tried says why', () => {
    const spans = new TraceBuilder()
      .attempt({ failed: CUT, toolCalls: 1 })
      .fallback({ strategy: 'stop', why: 'tool_call' })
      .end({ notTried: 'stopped_after_content' })
    const story = tellStory(spans)
    expect(story.continuations).toEqual([])
    expect(story.fallbacks).toMatchObject({
      tried: false,
      notTried: { value: 'stopped_after_content', source: 'span' },
    })
  })

  test('after which the decision was to stop says so even where the request span does not', () => {
    const spans = new TraceBuilder()
      .attempt({ failed: CUT })
      .fallback({ strategy: 'stop', why: 'schema' })
      .end()
    expect(tellStory(spans).fallbacks.notTried).toEqual({
      value: 'stopped_after_content',
      source: 'span',
      evidence: { spanId: toSpanId('a0f1'), key: v.ATTR_FALLBACK_STRATEGY, value: 'stop' },
    })
  })

  test('with fallbacks switched off keeps the switch as a fact', () => {
    const attributes = { [v.ATTR_FALLBACKS_DISABLED]: true }
    const spans = new TraceBuilder().attempt({ failed: CUT }).end({ attributes })
    expect(tellStory(spans).fallbacks.disabled).toMatchObject({ value: true, source: 'span' })
  })

  test('of the sidecar itself names no attempt as the one that was shown', () => {
    const attributes = { [v.ATTR_CLIENT_ERROR_ATTEMPT]: 0 }
    const spans = new TraceBuilder().attempt({ failed: CUT }).end({ attributes })
    expect(tellStory(spans).client.errorAttempt).toBe(0)
  })
})

describe('a client that left', () => {
  test('makes the request cancelled, not failed', () => {
    const gone = { reason: 'client-aborted', phase: 'mid_stream' } as const
    const attributes = { [v.ATTR_CLIENT_ERROR_TYPE]: undefined }
    const story = tellStory(new TraceBuilder().attempt({ failed: gone }).end({ attributes }))
    expect(story).toMatchObject({ outcome: 'cancelled', attempts: [{ status: 'cancelled' }] })
    expect(judge(story)).toEqual([])
  })

  test('cancels the attempt that ended without a word', () => {
    const silent = {
      [v.ATTR_RECEIVED_TERMINAL]: undefined,
      [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: undefined,
    }
    const spans = new TraceBuilder().attempt({ attributes: silent }).end({ outcome: 'cancelled' })
    expect(tellStory(spans).attempts).toMatchObject([{ status: 'cancelled' }])
  })
})

describe('a break after the end of the answer', () => {
  test('is none', () => {
    const attributes = {
      [v.ATTR_FAILURE_REASON]: 'connection',
      [v.ATTR_FAILURE_PHASE]: 'after_terminal',
    }
    const story = tellStory(new TraceBuilder().attempt({ attributes }).end())
    expect(story).toMatchObject({
      outcome: 'ok',
      attempts: [{ status: 'ok', phase: 'after_terminal' }],
    })
  })
})

describe('a request that was never routed', () => {
  test('is rejected', () => {
    expect(tellStory(new TraceBuilder().end()).outcome).toBe('rejected')
  })

  test('is not rejected where an attempt was made', () => {
    const spans = new TraceBuilder().attempt({ failed: CUT }).end({ outcome: 'rejected' })
    expect(tellStory(spans).outcome).toBe('failed')
  })
})

describe('a claim that the spans contradict', () => {
  test('a cut stream is no success, whatever the request span says', () => {
    const attributes = {
      [v.ATTR_CLIENT_COMPLETE]: true,
      [v.ATTR_CLIENT_STATUS_CODE]: 200,
      [v.ATTR_CLIENT_ERROR_TYPE]: undefined,
      [v.ATTR_CLIENT_ERROR_ATTEMPT]: undefined,
    }
    const spans = new TraceBuilder().attempt({ failed: CUT }).end({ outcome: 'ok', attributes })
    const story = tellStory(spans)
    expect(story).toMatchObject({
      outcome: 'failed',
      client: { complete: false, errorShown: false },
    })
    expect(judge(story).map(({ rule }) => rule)).toContain('stream-truncated')
  })

  test('the stream span alone is enough to tell', () => {
    const quiet = {
      [v.ATTR_FAILURE_REASON]: undefined,
      [v.ATTR_FAILURE_PHASE]: undefined,
      [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: undefined,
      [v.ATTR_RECEIVED_TERMINAL]: true,
    }
    const spans = new TraceBuilder().attempt({ failed: CUT, attributes: quiet })
    const told = spans
      .end({ outcome: 'ok' })
      .map((span) => (span.kind === 'client' ? { ...span, status: 'ok' as const } : span))
    expect(tellStory(told)).toMatchObject({
      outcome: 'failed',
      attempts: [{ status: 'failed', reason: 'stream-cut', phase: 'mid_stream' }],
    })
  })

  test('an answer that the client did not hold whole is no success', () => {
    const attributes = { [v.ATTR_CLIENT_COMPLETE]: false }
    const spans = new TraceBuilder().attempt().end({ outcome: 'ok', attributes })
    expect(tellStory(spans).outcome).toBe('failed')
  })

  test('a success without any attempt tells nothing', () => {
    expect(tellStory(new TraceBuilder().end({ outcome: 'ok' })).outcome).toBe('unknown')
  })
})

describe('what an attempt says in fewer words', () => {
  const wordless = {
    [v.ATTR_FAILURE_REASON]: undefined,
    [v.ATTR_FAILURE_PHASE]: undefined,
    [v.ATTR_ERROR_TYPE]: undefined,
    [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: undefined,
    [v.ATTR_RECEIVED_TERMINAL]: undefined,
  }
  const noRootCause = {
    [v.ATTR_ROOT_CAUSE_REASON]: undefined,
    [v.ATTR_ROOT_CAUSE_ATTEMPT]: undefined,
  }

  test.each([
    { what: 'a stream span that is an ERROR', phase: 'mid_stream', statusCode: 200 },
    { what: 'a first chunk that never came', phase: 'before_content', statusCode: 200 },
    { what: 'a first chunk without an answer', phase: 'before_headers', statusCode: undefined },
  ] as const)('$what is a failure, and tells the phase', ({ phase, statusCode }) => {
    const attributes = { ...wordless, [v.ATTR_HTTP_RESPONSE_STATUS_CODE]: statusCode }
    const builder = new TraceBuilder().attempt({
      failed: { reason: 'connection', phase },
      attributes,
    })
    const [attempt] = tellStory(mute(builder.end({ attributes: noRootCause }))).attempts
    expect(attempt).toMatchObject({ status: 'failed', phase })
    expect(attempt).not.toHaveProperty('reason')
  })

  test('a finish reason of the convention for a broken stream is a failure', () => {
    const attributes = { ...wordless, [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: ['error'] }
    const spans = new TraceBuilder({ stream: false }).attempt({ attributes }).end()
    expect(tellStory(spans)).toMatchObject({ outcome: 'failed', attempts: [{ status: 'failed' }] })
  })

  test('without its terminal an attempt is no success', () => {
    const attributes = { ...wordless, [v.ATTR_RECEIVED_TERMINAL]: false }
    const spans = new TraceBuilder({ stream: false }).attempt({ attributes }).end()
    expect(tellStory(spans).attempts).toMatchObject([{ status: 'unknown' }])
  })

  test('the request span says why where the attempt does not', () => {
    const builder = new TraceBuilder().attempt({ failed: CUT, attributes: wordless })
    expect(tellStory(mute(builder.end())).attempts).toMatchObject([
      { status: 'failed', reason: 'stream-cut', phase: 'mid_stream', message: 'socket hang up' },
    ])
  })
})

describe('who served', () => {
  test('another route did where the attempt says so, though no deployment is named', () => {
    const attributes = { [v.ATTR_ATTEMPT_DEPLOYMENT]: undefined }
    const spans = new TraceBuilder()
      .attempt({ failed: OVERLOADED, attributes })
      .attempt({ ...GPT, attributes })
      .end({ outcome: 'ok' })
    expect(tellStory(spans).outcome).toBe('rescued')
  })

  test('a second way of asking on the same route is no fallback', () => {
    const spans = new TraceBuilder()
      .attempt({ failed: CUT })
      .fallback({ to: 'claude-primary', strategy: 'user_turn', why: 'capability' })
      .attempt({ kind: 'retry', failed: OVERLOADED })
      .end()
    expect(tellStory(spans).fallbacks.tried).toBe(false)
  })

  test('a decision that led to no attempt is no fallback, whatever route it names', () => {
    const attributes = { [v.ATTR_FALLBACK_TO_ROUTE]: 'gpt-fallback' }
    const spans = new TraceBuilder()
      .attempt({ failed: CUT })
      .fallback({ strategy: 'stop', why: 'tool_call', attributes })
      .end()
    expect(tellStory(spans).fallbacks.tried).toBe(false)
  })
})

describe('spans that are missing', () => {
  const failed = new TraceBuilder()
    .attempt({ failed: CUT })
    .fallback()
    .attempt({ ...GPT, failed: OVERLOADED })
    .end()

  test('without the request span nothing is concluded, and the story keeps its id', () => {
    const story = tellStory(without(failed, 'POST'))
    expect(story).toMatchObject({
      id: tellStory(failed).id,
      incomplete: true,
      outcome: 'unknown',
      attemptsComplete: false,
      client: { complete: 'unknown', errorShown: 'unknown' },
    })
    expect(judge(story).map(({ rule }) => rule)).toEqual(['trace-incomplete'])
  })

  test('the request span stands in for the attempt that was the root cause', () => {
    const story = tellStory(failed.filter((span) => span.id !== 'a0b1'))
    expect(story.attemptsComplete).toBe(false)
    expect(story.attempts).toMatchObject([
      {
        number: 1,
        kind: 'initial',
        status: 'failed',
        reason: 'stream-cut',
        phase: 'mid_stream',
        message: 'socket hang up',
      },
      { number: 2, reason: 'overloaded' },
    ])
    expect(story.attempts[0]).not.toHaveProperty('spanId')
    expect(story.attempts[0]?.evidence).toContainEqual({
      spanId: toSpanId('a000'),
      key: v.ATTR_ROOT_CAUSE_REASON,
      value: 'stream-cut',
    })
  })

  test('a decision proves that a fallback was asked though its attempt was lost', () => {
    const story = tellStory(failed.filter((span) => span.id !== 'a0b2'))
    expect(story).toMatchObject({ attemptsComplete: false, fallbacks: { tried: true } })
  })

  test('a gap in the numbers is an attempt that was lost', () => {
    const second = { [v.ATTR_ATTEMPT_NUMBER]: 3 }
    const spans = new TraceBuilder()
      .attempt({ failed: CUT })
      .attempt({ kind: 'retry', failed: OVERLOADED, attributes: second })
      .end()
    expect(tellStory(spans)).toMatchObject({
      attemptsComplete: false,
      attempts: [{ number: 1 }, { number: 3 }],
    })
  })

  test('where an attempt was lost, absence of a fallback proves nothing', () => {
    const spans = new TraceBuilder().attempt({ failed: CUT }).end({
      attributes: { [v.ATTR_ATTEMPTS]: 2 },
    })
    expect(tellStory(spans).fallbacks.tried).toBe('unknown')
  })

  test('without an outcome, only a whole set of attempts tells it', () => {
    const attributes = { [v.ATTR_OUTCOME]: undefined }
    const whole = new TraceBuilder().attempt({ failed: CUT }).fallback().attempt(GPT)
    expect(tellStory(whole.end({ attributes })).outcome).toBe('rescued')
    const cut = new TraceBuilder().attempt({ failed: CUT }).end({ attributes })
    expect(tellStory(cut).outcome).toBe('failed')
    const lost = new TraceBuilder()
      .attempt()
      .end({ attributes: { ...attributes, [v.ATTR_ATTEMPTS]: 3 } })
    expect(tellStory(lost).outcome).toBe('unknown')
  })
})

describe('several requests in one trace', () => {
  test('are told apart, in any order of their spans', () => {
    const one = new TraceBuilder({ id: 'a0' }).attempt().end()
    const other = new TraceBuilder({ id: 'c0', route: 'other' }).attempt({ failed: CUT }).end()
    const stories = tellStories([...other, ...one].toReversed())
    expect(stories.map(({ route, outcome }) => [route, outcome])).toEqual([
      ['claude-primary', 'ok'],
      ['other', 'failed'],
    ])
  })

  test('spans of other senders in the trace are left alone', () => {
    const foreign: CompactSpan = {
      name: 'checkout',
      id: 'f00',
      ms: [0, 1],
      scope: 'shop',
      kind: 'server',
    }
    expect(tellStories([foreign, ...new TraceBuilder().attempt().end()])).toHaveLength(1)
  })
})

describe('hostile attributes', () => {
  test('values of the wrong type or outside the closed lists are unknown', () => {
    const nonsense = {
      [v.ATTR_ATTEMPT_KIND]: 'rescue',
      [v.ATTR_FAILURE_REASON]: 'solar-flare',
      [v.ATTR_FAILURE_PHASE]: 7,
      [v.ATTR_GEN_AI_PROVIDER_NAME]: ['anthropic'],
      [v.ATTR_RECEIVED_TERMINAL]: 'perhaps',
      [v.ATTR_GEN_AI_RESPONSE_FINISH_REASONS]: undefined,
    }
    const attributes = {
      [v.ATTR_OUTCOME]: 'splendid',
      [v.ATTR_API]: 'telepathy',
      [v.ATTR_STREAM]: 3,
      [v.ATTR_ROUTE]: true,
      [v.ATTR_FALLBACKS_CONFIGURED]: 'gpt-fallback',
      [v.ATTR_FALLBACKS_NOT_TRIED]: '__proto__',
      [v.ATTR_CLIENT_COMPLETE]: undefined,
    }
    const story = tellStory(
      new TraceBuilder().attempt({ attributes: nonsense }).end({ attributes }),
    )
    expect(story).toMatchObject({ outcome: 'unknown', api: 'unknown', stream: 'unknown' })
    expect(story.route).toBeUndefined()
    expect(story.fallbacks).toEqual({ tried: 'unknown', disabled: expect.anything() })
    expect(story.attempts).toMatchObject([{ kind: 'unknown', status: 'unknown' }])
    expect(story.attempts[0]).not.toHaveProperty('provider')
    expect(story.attempts[0]).not.toHaveProperty('reason')
  })

  test.each([
    ['missing', undefined],
    ['twice the same', 1],
    ['zero', 0],
    ['not whole', 1.5],
    ['beyond all reason', 10 ** 9],
    ['text', 'first'],
  ])(
    'attempt numbers that are %s are replaced by the order in which attempts ended',
    (_, number) => {
      const attributes = { [v.ATTR_ATTEMPT_NUMBER]: number }
      const spans = new TraceBuilder()
        .attempt({ failed: CUT, attributes })
        .attempt({ ...GPT, failed: OVERLOADED, attributes })
        .end()
      const story = tellStory(spans)
      expect(story.attempts.map((attempt) => [attempt.number, attempt.reason])).toEqual([
        [1, 'stream-cut'],
        [2, 'overloaded'],
      ])
      expect(story.attemptsComplete).toBe(false)
      expect(story.client).not.toHaveProperty('errorAttempt')
    },
  )

  test('no attribute whatsoever makes the dialect or a rule throw, or turns a cut into success', () => {
    const keys = [...new Set(Object.values(v.KEYS_BY_SPAN).flat())]
    const value = fc.oneof(
      fc.constantFrom<string | number | boolean>(
        'ok',
        'rescued',
        'true',
        '',
        '__proto__',
        1,
        0,
        -1,
        true,
      ),
      fc.string(),
      fc.integer(),
      fc.array(fc.string(), { maxLength: 3 }),
    )
    const junk = fc.dictionary(fc.constantFrom(...keys), value, {
      maxKeys: 12,
      noNullPrototype: true,
    })
    fc.assert(
      fc.property(junk, junk, (ofAttempt, ofRequest) => {
        const spans = new TraceBuilder()
          .attempt({ failed: CUT, attributes: ofAttempt })
          .end({ attributes: ofRequest })
        const story = tellStory(spans)
        judge(story)
        expect(['ok', 'rescued']).not.toContain(story.outcome)
      }),
      { numRuns: 500 },
    )
  })
})
