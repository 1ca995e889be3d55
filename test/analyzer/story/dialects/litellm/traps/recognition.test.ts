import { expect, test } from 'vitest'

import { assembleStories, isRecognised } from '../../../../../../analyzer/story/assemble.ts'
import { numeric } from '../../../../../../analyzer/story/attributes.ts'
import type { Span } from '../../../../../../analyzer/story/span.ts'
import {
  changed,
  recordingsWhere,
  serverOf,
  tellOne,
  toldWhere,
  type Told,
} from '../../../../../support/select-recordings.ts'

// Which LiteLLM wrote the spans, and with which of its exporters, is told by the spans alone.

const rescued = (mode: RegExp): readonly Told[] =>
  toldWhere(mode, ({ verdict }) => verdict.startsWith('RESCUED'))

test.each([
  ['the collapsed root up to 1.84', /^1\.83\.14\/v1$/u, 'litellm-v1'],
  ['a child per attempt up to 1.84, by its flag', /^1\.83\.14\/v1-reqspan$/u, 'litellm-v1'],
  ['a child per attempt since 1.85', /^1\.9\d\.\d+\/v1$/u, 'litellm-v1'],
  ['the GenAI names of v1', /-semconv$/u, 'litellm-v1'],
  ['FastAPI’s own spans around v1', /^1\.109\.1\/v1$/u, 'litellm-v1'],
  ['v1 without them', /^1\.109\.1\/v1-fastapi0136$/u, 'litellm-v1'],
  ['v2 below the instrumented server', /^1\.\d+\.\d+\/v2$/u, 'litellm-v2'],
  ['v2 that captures content', /^1\.109\.1\/v2-content$/u, 'litellm-v2'],
  ['a router in process, v1', /\/sdk-v1$/u, 'litellm-v1'],
  ['a router in process, v2', /\/sdk-v2$/u, 'litellm-v2'],
] as const)('%s: a rescued request is told as one', (_, mode, dialect) => {
  for (const { recording, story } of rescued(mode)) {
    expect([recording.id, story.dialect]).toEqual([recording.id, dialect])
    expect(recording.expected.outcome).toContain(story.outcome)
  }
})

test('v2 without an instrumented server has its key’s check for a root', () => {
  const rootless = toldWhere(/^1\.97\.0\/v2-noinstr$/u, (one) => serverOf(one) === undefined)
  for (const { recording, story } of rootless) {
    expect([story.dialect, story.api]).toEqual(['litellm-v2', recording.api])
    expect(recording.expected.outcome).toContain(story.outcome)
  }
})

test('the release is v2’s version, and unknown in v1', () => {
  for (const { recording, story } of toldWhere(/\/v[12]$/u, () => true)) {
    const release = recording.mode.split('/')[0]
    const known = recording.mode.endsWith('v2') ? release : undefined
    expect([recording.id, story.gateway.release]).toEqual([recording.id, known])
  }
})

test('old and new keys of HTTP say the same', () => {
  const old = recordingsWhere(
    /^1\.109\.1\/v2$/u,
    (one) => numeric(serverOf(one)?.attributes ?? new Map(), 'http.status_code') !== undefined,
  )
  for (const recording of old) {
    const renamed = changed(recording, (span) =>
      span.kind === 'server' ? withNewKeys(span) : span,
    )
    const [before, after] = [tellOne(recording), tellOne(renamed)]
    expect([after.story.outcome, after.story.api, after.story.client.statusCode]).toEqual([
      before.story.outcome,
      before.story.api,
      before.story.client.statusCode,
    ])
    expect(after.findings.map(({ rule }) => rule)).toEqual(before.findings.map(({ rule }) => rule))
  }
})

test('picks as events and picks as spans say the same', () => {
  const picked = recordingsWhere(
    /^1\.109\.1\/v2$/u,
    ({ verdict, spans }) =>
      verdict.startsWith('RESCUED') && spans.some(({ name }) => name.startsWith('route ')),
  )
  for (const recording of picked) {
    const eventless = changed(recording, (span) =>
      span.kind === 'server' ? { ...span, events: [] } : span,
    )
    expect(['rescued', 'unknown']).toContain(tellOne(eventless).story.outcome)
  }
})

test('a web framework alone, or another library’s spans, are nobody’s request', () => {
  const [recording] = recordingsWhere(/^1\.109\.1\/v1$/u, ({ spans }) =>
    spans.some(({ scope }) => scope.name === 'fastapi'),
  )
  const others = (recording?.spans ?? []).filter(({ scope }) => scope.name !== 'litellm')
  expect(others.length).toBeGreaterThan(0)
  expect(others.filter(isRecognised)).toEqual([])
  expect(assembleStories({ source: 's', spans: others, routerConfig: undefined })).toEqual([])
})

function withNewKeys(span: Span): Span {
  const names = new Map([
    ['http.status_code', 'http.response.status_code'],
    ['http.method', 'http.request.method'],
    ['http.target', 'url.path'],
  ])
  const attributes = [...span.attributes].map(
    ([key, value]) => [names.get(key) ?? key, value] as const,
  )
  return { ...span, attributes: new Map(attributes) }
}
