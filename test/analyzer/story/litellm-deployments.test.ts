import { expect, test, vi } from 'vitest'

import {
  onOtherProviders,
  saying,
  withAsgiSpans,
  withGenAiClient,
  withHttpClient,
  withMiddleware,
  withOperatorsResource,
  withUpstreamSpans,
} from '../../support/deploy-recordings.ts'
import {
  faultsOf,
  loadRecordings,
  tellRecording,
  type Recording,
} from '../../support/litellm-recordings.ts'
import { rename } from '../../support/move-recordings.ts'

/**
 * The same requests as other installations would have exported them. What is said may be less, and
 * never anything else: nothing that is not so.
 */
const recordings = loadRecordings()

/** Hundreds of recordings, each changed in many ways: seconds, unless the machine is busy. */
vi.setConfig({ testTimeout: 180_000 })

function untrue(changed: readonly Recording[]): readonly string[] {
  return changed.flatMap((recording) => {
    const { expected, id, verdict } = recording
    const allowed = {
      ...expected,
      outcome: [...expected.outcome, 'unknown'],
      must: [],
      may: [...expected.must, ...expected.may, 'failure-unclassified', 'trace-incomplete'],
    }
    return faultsOf(allowed, tellRecording(recording)).map(
      (fault) => `${id} (${verdict}): ${fault}`,
    )
  })
}

const SAME = [
  ['with the attributes of an operator on their resource', withOperatorsResource],
  ['with middleware between the request and its parts', withMiddleware],
  ['with ASGI’s own spans', withAsgiSpans],
  ['with the HTTP client instrumented', withHttpClient],
  ['with the client library instrumented', withGenAiClient],
  ['with an upstream that traces, on another machine', withUpstreamSpans],
] as const

test.each(SAME)('%s, the verdicts are the same', (_, change) => {
  const wrong = recordings.flatMap((recording) => {
    const faults = faultsOf(recording.expected, tellRecording(change(recording)))
    return faults.map((fault) => `${recording.id} (${recording.verdict}): ${fault}`)
  })
  expect(wrong).toEqual([])
})

const OTHER = [
  ['on other providers', onOtherProviders],
  ['whose providers say nothing', saying('')],
  ['whose providers speak another language', saying('服务暂时不可用，请稍后再试')],
  ['whose providers quote the router', saying('No deployments available for selected model')],
  ['under names with slashes, spaces and commas', (one: Recording) => rename(one, 'EU/ä (b), ')],
] as const

test.each(OTHER)('%s, nothing untrue is said', (_, change) => {
  expect(untrue(recordings.map(change))).toEqual([])
})

/** What shows that another attempt was made: without one, none may be said to be missing. */
const COUNTED = new Set(['router', 'self', 'raw_gen_ai_request'])

/** There, nothing but the last attempt tells how a request ended, so it must not be lost. */
const LAST_ALONE_TELLS = /\/sdk-|^1\.90\.7\/v2|\/v2-noinstr$/u

test('of which one span was lost that counts or shows a call, nothing untrue is found', () => {
  const wrong = recordings
    .filter(({ mode }) => !LAST_ALONE_TELLS.test(mode))
    .flatMap((recording) =>
      recording.spans
        .filter(({ name, kind }) => COUNTED.has(name) || kind === 'client')
        .flatMap((lost) =>
          untrue([{ ...recording, spans: recording.spans.filter((span) => span !== lost) }])
            .filter((fault) => fault.includes('false alarm') || fault.includes('told as'))
            .map((fault) => `${fault}, without ${lost.name}`),
        ),
    )
  expect(wrong).toEqual([])
})
