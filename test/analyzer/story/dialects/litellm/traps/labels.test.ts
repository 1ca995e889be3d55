import { expect, test } from 'vitest'

import type { Recording } from '../../../../../support/litellm-recordings.ts'
import { callSpans, toldWhere } from '../../../../../support/select-recordings.ts'

// Up to 1.97 both attempts are written from one object that changes (measured iv.3 and iv.11).

const routeOf = ({ config }: Recording): string | undefined => config.model_list[0]?.model_name

const label = (recording: Recording): unknown => {
  const [first] = callSpans(recording)
  return first?.attributes.get(
    first.scope.version === '' ? 'litellm.model_group' : 'gen_ai.request.model',
  )
}

const isRelabelled = (recording: Recording): boolean => {
  const own = label(recording)
  return own !== undefined && own !== routeOf(recording)
}

test('the failed attempt carries the fallback’s name: it is told as the requested route’s', () => {
  const wrong = toldWhere(/^1\.9\d\.\d+\/(?:sdk-)?v[12]/u, isRelabelled)
  expect(wrong.length).toBeGreaterThan(20)
  for (const { recording, story } of wrong) {
    expect([recording.id, story.route]).toEqual([recording.id, routeOf(recording)])
    expect(story.attempts[0]).toMatchObject({ kind: 'initial', route: routeOf(recording) })
  }
})

test('two attempts with one name are a fallback, and no retry', () => {
  const twins = toldWhere(/^1\.9\d\.\d+\/v2/u, (recording) => {
    const names = callSpans(recording).map(({ name }) => name)
    return isRelabelled(recording) && names.length === 2 && names[0] === names[1]
  })
  for (const { story } of twins) {
    expect(story.attempts.map(({ kind }) => kind)).toEqual(['initial', 'fallback'])
    expect(story.outcome).not.toBe('ok')
  }
})

test('1.109 names them rightly, and they are told as they are named', () => {
  const right = toldWhere(/^1\.109\.1\/v[12]$/u, (one) => callSpans(one).length === 2)
  for (const { recording, story } of right) {
    expect([recording.id, isRelabelled(recording)]).toEqual([recording.id, false])
    expect(story.attempts[0]?.route).toBe(routeOf(recording))
  }
})

test('on /v1/responses both attempts carry the route’s name: the deployment tells them apart', () => {
  const same = toldWhere(
    /^1\.97\.0\/v2$/u,
    (one) =>
      one.api === 'responses' &&
      callSpans(one).length === 2 &&
      new Set(callSpans(one).map(({ name }) => name)).size === 1,
  )
  for (const { story } of same) {
    expect(story.attempts.map(({ kind }) => kind)).toEqual(['initial', 'fallback'])
    expect(story.fallbacks.tried).toBe(true)
  }
})

test('v1 starts the serving attempt with the request: only the ends tell the order', () => {
  const early = toldWhere(/^1\.(?:9\d|109)\.\d+\/v1/u, (one) => {
    const [first, second] = callSpans(one)
    return first !== undefined && second !== undefined && second.startTimeNs < first.startTimeNs
  })
  for (const { story } of early) {
    expect(story.attempts.map(({ number }) => number)).toEqual([1, 2])
    expect(story.attempts.at(0)?.status).toBe('failed')
  }
})
