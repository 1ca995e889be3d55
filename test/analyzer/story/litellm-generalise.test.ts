import { expect, test } from 'vitest'

import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../../analyzer/story/router-config.ts'
import {
  faultsOf,
  loadRecordings,
  tellRecording,
  type Recording,
} from '../../support/litellm-recordings.ts'
import { moveTo, rename, shift, union } from '../../support/move-recordings.ts'

/**
 * The recordings again, changed in ways that change nothing of what happened: a rule that fits only
 * the files would not survive them.
 */
const recordings = loadRecordings()

function misjudged(changed: readonly Recording[]): readonly string[] {
  return changed.flatMap((recording) => {
    const faults = faultsOf(recording.expected, tellRecording(recording))
    return faults.length === 0
      ? []
      : [`${recording.id} (${recording.verdict}): ${faults.join('; ')}`]
  })
}

test('no name of a route, a model or a port matters', () => {
  expect(misjudged(recordings.map((recording) => rename(recording, 'x')))).toEqual([])
})

test('spans may come in any order, and twice', () => {
  const shuffled = recordings.map((recording) => ({
    ...recording,
    spans: [...recording.spans, ...recording.spans].toSorted((left, right) =>
      left.spanId.slice(3) < right.spanId.slice(3) ? -1 : 1,
    ),
  }))
  for (const [position, recording] of shuffled.entries()) {
    const straight = recordings[position]
    expect(straight && tellRecording(straight)).toEqual(tellRecording(recording))
  }
})

test('the same happened at another time, as seen by another clock', () => {
  const later = recordings.map((recording) => ({
    ...recording,
    spans: recording.spans.map((span) => shift(span, 123_456_789_012_345_678n)),
  }))
  expect(misjudged(later)).toEqual([])
})

test('the gateway captures no content, costs or caller', () => {
  const dropped =
    /^(?:gen_ai\.(?:input|output)\.messages|gen_ai\.cost\.|litellm\.cost\.|hidden_params|llm\.[a-z]+\.messages|metadata\.(?:user_api_key|requester|spend)|gen_ai\.system$|gen_ai\.response\.id|litellm\.api_key)/u
  const bare = recordings.map((recording) => ({
    ...recording,
    spans: recording.spans.map((span) => ({
      ...span,
      attributes: new Map([...span.attributes].filter(([key]) => !dropped.test(key))),
    })),
  }))
  expect(misjudged(bare)).toEqual([])
})

test('one file holds all requests of a gateway, whose config is the union of theirs', () => {
  const modes = [...new Set(recordings.map((recording) => recording.mode))]
  const wrong = modes.flatMap((mode) =>
    misjudgedTogether(
      recordings
        .filter((recording) => recording.mode === mode)
        .map((recording, position) => apart(rename(recording, `r${position}x`), position)),
    ),
  )
  expect(wrong).toEqual([])
})

test('one file holds requests of every release and mode', () => {
  const all = recordings.map((recording, position) =>
    apart(rename(recording, `r${position}x`), position),
  )
  expect(misjudgedTogether(all)).toEqual([])
})

function misjudgedTogether(together: readonly Recording[]): readonly string[] {
  const stories = assembleStories({
    source: 'all',
    spans: together.flatMap((recording) => recording.spans),
    routerConfig: parseRouterConfig(union(together.map((recording) => recording.config))),
  })
  return together.flatMap((recording) => {
    // Not by trace: some clients sent the same traceparent with every request.
    const ids = new Set(recording.spans.map((span) => span.spanId))
    const own = stories.filter((story) => ids.has(story.requestSpanId))
    const faults = faultsOf(recording.expected, own)
    return faults.length === 0
      ? []
      : [`${recording.id} (${recording.verdict}): ${faults.join('; ')}`]
  })
}

/** Each request in a time of its own, at least a second from the next. */
function apart(recording: Recording, position: number): Recording {
  return moveTo(recording, 1_800_000_000_000_000_000n + BigInt(position) * 1_000_000_000n)
}

test('without the router config nothing untrue is said', () => {
  const untrue = recordings.flatMap((recording) => {
    const stories = assembleStories({
      source: recording.id,
      spans: recording.spans,
      routerConfig: undefined,
    })
    // Whether a fallback was configured is then not known, so less is found, and some is unknown.
    const faults = faultsOf(
      {
        ...recording.expected,
        outcome: [...recording.expected.outcome, 'unknown'],
        must: [],
        may: [...recording.expected.must, ...recording.expected.may, 'failure-unclassified'],
      },
      stories,
    )
    return faults
      .filter((fault) => !fault.startsWith('told as'))
      .map((fault) => `${recording.id} (${recording.verdict}): ${fault}`)
  })
  expect(untrue).toEqual([])
})
