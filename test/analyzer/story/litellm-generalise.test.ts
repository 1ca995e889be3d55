import { expect, test } from 'vitest'

import { assembleStories } from '../../../analyzer/story/assemble.ts'
import { parseRouterConfig } from '../../../analyzer/story/router-config.ts'
import type { Attributes, AttributeValue, Span } from '../../../analyzer/story/span.ts'
import {
  faultsOf,
  loadRecordings,
  tellRecording,
  type RecordedConfig,
  type Recording,
} from '../../support/litellm-recordings.ts'

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

function union(configs: readonly RecordedConfig[]): RecordedConfig {
  return {
    model_list: configs.flatMap((config) => config.model_list),
    router_settings: {
      fallbacks: configs.flatMap(
        (config) => config.router_settings?.fallbacks ?? config.fallbacks ?? [],
      ),
    },
  }
}

/** Each request in a time of its own, at least a second from the next. */
function apart(recording: Recording, position: number): Recording {
  const wanted = 1_800_000_000_000_000_000n + BigInt(position) * 1_000_000_000n
  const first = recording.spans.reduce(
    (least, span) => (span.startTimeNs < least ? span.startTimeNs : least),
    wanted,
  )
  const by = wanted - first
  return { ...recording, spans: recording.spans.map((span) => shift(span, by)) }
}

function shift(span: Span, by: bigint): Span {
  return {
    ...span,
    startTimeNs: span.startTimeNs + by,
    endTimeNs: span.endTimeNs + by,
    events: span.events.map((event) => ({ ...event, timeNs: event.timeNs + by })),
  }
}

/** Routes, models and ports under other names, in the config and wherever a span has them. */
function rename(recording: Recording, prefix: string): Recording {
  const names = new Map<string, string>()
  for (const [position, { model_name, litellm_params }] of recording.config.model_list.entries()) {
    names.set(model_name, `${prefix}team-${position}`)
    const [provider, model] = litellm_params.model.split('/')
    names.set(`${provider}/${model}`, `${provider}/${prefix}m${position}`)
    if (model !== undefined) names.set(model, `${prefix}m${position}`)
    const port = /:(\d{5})/u.exec(litellm_params.api_base ?? '')?.[1]
    if (port !== undefined) names.set(port, String(30_000 + position))
  }
  // The longest first: one name may be a part of another.
  const pairs = [...names].toSorted(([left], [right]) => right.length - left.length)
  const replace = (text: string): string => {
    let renamed = text
    for (const [position, [from]] of pairs.entries())
      renamed = renamed.split(from).join(`\u{1}${position}\u{2}`)
    for (const [position, [, to]] of pairs.entries())
      renamed = renamed.split(`\u{1}${position}\u{2}`).join(to)
    return renamed
  }
  const value = (one: AttributeValue): AttributeValue => {
    if (typeof one === 'string') return replace(one)
    if (typeof one === 'number') return Number(names.get(String(one)) ?? one)
    return Array.isArray(one) ? one.map(value) : one
  }
  const attributes = (one: Attributes): Attributes =>
    new Map([...one].map(([key, each]) => [key, value(each)]))
  return {
    ...recording,
    config: JSON.parse(replace(JSON.stringify(recording.config))) as RecordedConfig,
    spans: recording.spans.map((span) => ({
      ...span,
      name: replace(span.name),
      status: { ...span.status, message: replace(span.status.message) },
      attributes: attributes(span.attributes),
      events: span.events.map((event) => ({ ...event, attributes: attributes(event.attributes) })),
    })),
  }
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
