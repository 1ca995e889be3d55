import { expect, test } from 'vitest'

import { toWireRequest } from '../../../../../../analyzer/api/to-wire-request.ts'
import { isError, text } from '../../../../../../analyzer/story/attributes.ts'
import type { Attributes } from '../../../../../../analyzer/story/span.ts'
import {
  callSpans,
  changed,
  tellOne,
  toldWhere,
  withAttributes,
} from '../../../../../support/select-recordings.ts'

// Words that mean something else than they say (measured iv.12, iv.14, iv.15, iv.17, iv.22, iv.23).

const said = (attributes: Attributes, key: string): string => text(attributes, key) ?? ''

const NONE_ELIGIBLE = 'No deployments available for selected model'

test('“no deployments available” is a gate before any call: nobody was asked', () => {
  const gated = toldWhere(/^1\.109\.1\//u, ({ spans }) =>
    spans.some(
      (span) =>
        span.name.startsWith('route ') &&
        isError(span) &&
        span.status.message.includes(NONE_ELIGIBLE),
    ),
  )
  for (const { story } of gated) {
    expect(story.fallbacks.tried).toBe(false)
    expect(story.fallbacks.skipped?.value.length).toBeGreaterThan(0)
  }
})

test('Anthropic’s rate_limit_error is a rate limit, though LiteLLM makes it a server error', () => {
  const limited = toldWhere(/./u, (one) =>
    callSpans(one).some(
      ({ attributes, status }) =>
        status.code === 'error' && said(attributes, 'error.message').includes('rate_limit_error'),
    ),
  )
  for (const { story } of limited) expect(story.attempts[0]?.reason).toBe('rate-limited')
})

test('the operator’s table of fallbacks in an error is no sign that one was asked', () => {
  const listed = toldWhere(
    /^1\.(?:83|90|95|97)\.\d+\/(?:sdk-)?v[12]/u,
    ({ verdict, spans }) =>
      verdict === 'FAILED_NO_FALLBACK_CONFIGURED' &&
      spans.some(({ attributes }) => said(attributes, 'exception').includes('Fallbacks=[{')),
  )
  for (const { story } of listed) expect(story.fallbacks.tried).toBe(false)
})

test('it tells which fallbacks there were, where no config file does', () => {
  const listed = toldWhere(
    /^1\.(?:83|90|95)\.\d+\/v1$/u,
    ({ verdict, spans }) =>
      verdict.startsWith('FALLBACK_') &&
      spans.some(({ attributes }) => said(attributes, 'exception').includes('Fallbacks=[{')),
  )
  for (const { recording } of listed) {
    const { story } = tellOne({ ...recording, config: { model_list: [] } })
    expect(story.fallbacks.configured).toMatchObject({ source: 'error_text' })
    expect(story.fallbacks.configured?.value.length).toBeGreaterThan(0)
  }
})

test('no stack trace and no path of a server reaches a reader', () => {
  for (const { story, findings } of toldWhere(/^1\.97\.0\/v[12]$/u, () => true)) {
    const wire = JSON.stringify(toWireRequest(story, findings))
    expect(wire).not.toMatch(/Traceback \(most recent|site-packages|File \\"\//u)
  }
})

const reasonsOf = (type: string): readonly (string | undefined)[] =>
  toldWhere(/./u, (one) => {
    const [first] = callSpans(one)
    return (
      first !== undefined &&
      isError(first) &&
      first.attributes.get('error.type') === type &&
      one.verdict.endsWith('AFTER_CONTENT')
    )
  }).map(({ story }) => story.attempts[0]?.reason)

test('one cut has three names, and each is told as a cut', () => {
  expect(new Set(reasonsOf('ReadError'))).toEqual(new Set(['stream-cut']))
  expect(new Set(reasonsOf('RemoteProtocolError'))).toEqual(new Set(['missing-terminal']))
  expect(reasonsOf('APIConnectionError')).not.toContain(undefined)
})

test('whose key it was is told, as a hash or as LiteLLM’s word for the master key', () => {
  const keyed = toldWhere(/^1\.(?:83|90|109)\.\d+\/v1$/u, ({ spans }) =>
    spans.some(({ attributes }) => attributes.has('metadata.user_api_key_hash')),
  )
  for (const { story } of keyed) {
    expect(story.caller.keyHash).toMatch(/^(?:[0-9a-f]{16}|litellm_proxy_master_key)$/u)
  }
})

test('team and key are read from v1’s metadata, from v2’s baggage and from what it promotes', () => {
  const said = [
    [
      /^1\.97\.0\/v1$/u,
      {
        'metadata.user_api_key_team_alias': 'blue',
        'metadata.user_api_key_team_id': 't-1',
        'metadata.user_api_key_alias': 'shop',
        'metadata.user_api_key_hash': 'abc',
      },
    ],
    [
      /^1\.97\.0\/v2$/u,
      {
        'litellm.team.alias': 'blue',
        'litellm.team.id': 't-1',
        'litellm.metadata.user_api_key_alias': 'shop',
        'litellm.api_key.hash': 'abc',
      },
    ],
    [
      /^1\.109\.1\/v2$/u,
      {
        'litellm.metadata.user_api_key_team_alias': 'blue',
        'litellm.metadata.user_api_key_team_id': 't-1',
        'litellm.metadata.user_api_key_alias': 'shop',
        'litellm.metadata.user_api_key_hash': 'abc',
      },
    ],
  ] as const
  for (const [mode, attributes] of said) {
    const [told] = toldWhere(mode, ({ verdict }) => verdict.startsWith('RESCUED'))
    if (told === undefined) throw new Error('there is none')
    const named = changed(told.recording, (span) =>
      callSpans(told.recording).includes(span)
        ? withAttributes(withoutCaller(span), attributes)
        : withoutCaller(span),
    )
    const { story, findings } = tellOne(named)
    const caller = { team: 'blue', keyAlias: 'shop', keyHash: 'abc' }
    expect(story.caller).toEqual(caller)
    expect(toWireRequest(story, findings).caller).toEqual(caller)
  }
})

test('a team without an alias is told by its id, wherever the alias could have stood', () => {
  const [told] = toldWhere(/^1\.97\.0\/v1$/u, ({ verdict }) => verdict.startsWith('RESCUED'))
  if (told === undefined) throw new Error('there is none')
  const [first, second] = callSpans(told.recording)
  const named = (alias: string): string | undefined =>
    tellOne(
      changed(told.recording, (span) => {
        if (span === first) return withAttributes(span, { 'metadata.user_api_key_team_id': 't-1' })
        if (span !== second || alias === '') return span
        return withAttributes(span, { 'metadata.user_api_key_team_alias': alias })
      }),
    ).story.caller.team
  expect(named('')).toBe('t-1')
  expect(named('blue')).toBe('blue')
})

function withoutCaller<T extends { readonly attributes: ReadonlyMap<string, unknown> }>(
  span: T,
): T {
  const rest = [...span.attributes].filter(([key]) => !/user_api_key|api_key\.|team\./u.test(key))
  return { ...span, attributes: new Map(rest) }
}
