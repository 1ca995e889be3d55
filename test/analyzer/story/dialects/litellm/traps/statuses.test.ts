import { expect, test } from 'vitest'

import { isError, numeric } from '../../../../../../analyzer/story/attributes.ts'
import type { Span } from '../../../../../../analyzer/story/span.ts'
import {
  callSpans,
  changed,
  recordingsWhere,
  serverOf,
  tellOne,
  toldWhere,
  withAttributes,
} from '../../../../../support/select-recordings.ts'

// Span status and HTTP status are not what they seem (measured iv.6 to iv.8, iv.19, iv.21).

const RAW = 'raw_gen_ai_request'

test('1.83 exports a rescued request with an ERROR root: it is rescued', () => {
  const rescued = toldWhere(/^1\.83\.14\/v1/u, (one) => {
    const root = serverOf(one)
    return one.verdict.startsWith('RESCUED') && root !== undefined && isError(root)
  })
  expect(rescued.map(({ story }) => story.outcome)).toEqual(rescued.map(() => 'rescued'))
})

test('the same root of chat, alone, is unknown: the answer may go on for minutes', () => {
  const rescued = recordingsWhere(/^1\.83\.14\/v1$/u, (one) => {
    const root = serverOf(one)
    return one.verdict.startsWith('RESCUED') && root !== undefined && isError(root)
  })
  for (const recording of rescued) {
    const failed = changed(recording, (span) => (span.name === RAW ? undefined : span))
    expect(tellOne(failed).story.outcome).toBe(recording.api === 'chat' ? 'unknown' : 'failed')
  }
})

test('with the error that the client read beside it, it is a failure', () => {
  const failed = toldWhere(
    /^1\.83\.14\/v1$/u,
    (one) =>
      one.api === 'chat' && one.spans.some(({ name }) => name === 'Failed Proxy Server Request'),
  )
  for (const { story } of failed) expect(story.outcome).toBe('failed')
})

test('v1’s root has the exception’s status: what the wire said after headers is not claimed', () => {
  const late = toldWhere(
    /^1\.(?:9\d|109)\.\d+\/v1$/u,
    (one) => one.verdict === 'NO_FALLBACK_AFTER_CONTENT' && one.api === 'chat',
  )
  for (const { story } of late) {
    expect(story.outcome).toBe('failed')
    // FastAPI's own span, where there is one, knows the 200.
    expect([undefined, 200]).toContain(story.client.statusCode)
  }
})

test('before headers it is the status that went out', () => {
  const early = toldWhere(
    /^1\.(?:9\d|109)\.\d+\/v1$/u,
    ({ whatHappened, verdict }) =>
      verdict === 'FALLBACK_ALSO_FAILED' && whatHappened.includes('Client: HTTP 500'),
  )
  for (const { story } of early) expect(story.client.statusCode).toBe(500)
})

test('v2’s SERVER says 200 and ERROR: it failed after the headers', () => {
  const late = toldWhere(/^1\.(?:95|97|109)\.\d+\/v2$/u, (one) => {
    const server = serverOf(one)
    return (
      server !== undefined &&
      isError(server) &&
      numeric(server.attributes, 'http.status_code') === 200
    )
  })
  for (const { story } of late) {
    expect([story.outcome, story.client.statusCode]).toEqual(['failed', 200])
  }
})

test('/v1/messages with an error event is exported as a success: it is left alone', () => {
  const lies = toldWhere(
    /^1\.(?:97|109)\.\d+\/v[12]$/u,
    (one) =>
      one.api === 'messages' &&
      one.verdict.startsWith('NO_FALLBACK') &&
      one.spans.every((span) => !isError(span)),
  )
  for (const { story, findings } of lies) {
    expect(['ok', 'unknown']).toContain(story.outcome)
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  }
})

test('a failure’s code may be the provider’s word instead of a number', () => {
  const worded = toldWhere(/./u, (one) =>
    callSpans(one).some(({ attributes }) => {
      const code = attributes.get('error.code') ?? attributes.get('litellm.provider.error.code')
      return typeof code === 'string' && /^[a-z_]+$/u.test(code)
    }),
  )
  for (const { story } of worded) {
    for (const { statusCode } of story.attempts) expect(statusCode).not.toBeNaN()
  }
})

test('an ERROR of FastAPI’s own span is a client that left, where LiteLLM’s spans are fine', () => {
  const healthy = recordingsWhere(
    /^1\.109\.1\/v2-noinstr$/u,
    (one) => serverOf(one)?.scope.name === 'fastapi' && one.spans.every((span) => !isError(span)),
  )
  for (const recording of healthy) {
    const gone = changed(recording, (span) =>
      span.kind === 'server' ? calledAt('/v1/chat/completions', hungUp(span)) : span,
    )
    const { story, findings } = tellOne(gone)
    expect(story.outcome).toBe('cancelled')
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  }
})

test('on /v1/messages it is unknown: an error event, exported as a success, makes clients hang up', () => {
  const healthy = recordingsWhere(
    /^1\.109\.1\/v2-noinstr$/u,
    (one) => serverOf(one)?.scope.name === 'fastapi' && one.spans.every((span) => !isError(span)),
  )
  for (const recording of healthy) {
    const gone = changed(recording, (span) =>
      span.kind === 'server' ? calledAt('/v1/messages', hungUp(span)) : span,
    )
    expect(tellOne(gone).story.outcome).toBe('unknown')
  }
})

test('the same beside a call that failed is a failure', () => {
  const broken = recordingsWhere(
    /^1\.109\.1\/v2-noinstr$/u,
    (one) => serverOf(one)?.scope.name === 'fastapi' && callSpans(one).some(isError),
  )
  for (const recording of broken) {
    const gone = changed(recording, (span) => (span.kind === 'server' ? hungUp(span) : span))
    expect(tellOne(gone).story.outcome).not.toBe('cancelled')
  }
})

test('a SERVER span that is named just POST is known by its target', () => {
  const plain = recordingsWhere(
    /^1\.109\.1\/v2$/u,
    (one) => one.api === 'messages' && one.verdict.startsWith('RESCUED'),
  )
  for (const recording of plain) {
    const nameless = changed(recording, (span) => (span.kind === 'server' ? justPost(span) : span))
    expect(tellOne(nameless).story).toMatchObject({
      api: 'messages',
      outcome: tellOne(recording).story.outcome,
    })
  }
})

function justPost(span: Span): Span {
  const rest = [...span.attributes].filter(([key]) => key !== 'http.route')
  return { ...span, name: 'POST', attributes: new Map([...rest, ['http.target', '/v1/messages']]) }
}

function hungUp(span: Span): Span {
  const attributes = new Map([['exception.type', 'ConnectionError']])
  const event = { name: 'exception', timeNs: span.endTimeNs, attributes }
  return { ...span, status: { code: 'error', message: '' }, events: [event] }
}

function calledAt(path: string, span: Span): Span {
  return withAttributes(span, { 'http.route': path, 'url.path': path })
}
