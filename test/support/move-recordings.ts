import type { Attributes, AttributeValue, Span } from '../../analyzer/story/span.ts'
import type { RecordedConfig, Recording } from './litellm-recordings.ts'

/** Recordings changed in ways that change nothing of what happened. */

/** One router that has the routes and fallbacks of all of them. */
export function union(configs: readonly RecordedConfig[]): RecordedConfig {
  return {
    model_list: configs.flatMap((config) => config.model_list),
    router_settings: {
      fallbacks: configs.flatMap(
        (config) => config.router_settings?.fallbacks ?? config.fallbacks ?? [],
      ),
    },
  }
}

/** The same, begun at another moment. */
export function moveTo(recording: Recording, startNs: bigint): Recording {
  const begins = recording.spans.map((span) => span.startTimeNs)
  const first = begins.reduce((least, each) => (each < least ? each : least), begins[0] ?? startNs)
  const by = startNs - first
  return { ...recording, spans: recording.spans.map((span) => shift(span, by)) }
}

export function shift(span: Span, by: bigint): Span {
  return {
    ...span,
    startTimeNs: span.startTimeNs + by,
    endTimeNs: span.endTimeNs + by,
    events: span.events.map((event) => ({ ...event, timeNs: event.timeNs + by })),
  }
}

/** Routes, models and ports under other names, in the config and wherever a span has them. */
export function rename(recording: Recording, prefix: string): Recording {
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
