import type { Span } from '../../analyzer/story/span.ts'
import type { Recording } from './litellm-recordings.ts'
import { moveTo, rename } from './move-recordings.ts'

/** Many recorded requests at one time, as if one process had served them. */
export interface Overlapped {
  readonly parts: readonly Recording[]
  readonly spans: readonly Span[]
}

export interface OverlapOptions {
  /** All begin within so long; 0: at the same instant. */
  readonly withinMs: number
  /** How often each recording is there. */
  readonly copies?: number
  /** From 0 to 1. */
  readonly random: () => number
}

const START_NS = 1_760_000_000_000_000_000n

export function overlap(
  recordings: readonly Recording[],
  { withinMs, copies = 1, random }: OverlapOptions,
): Overlapped {
  const resources = new Map<string, Span['resource']>()
  const parts = Array.from({ length: copies }, (_, copy) =>
    recordings.map((recording, position) => {
      const startNs = START_NS + BigInt(Math.floor(random() * withinMs * 1e6))
      const id = (copy * recordings.length + position).toString(16).padStart(6, '0')
      const moved = moveTo(recording, startNs)
      return {
        ...moved,
        id: `${recording.id} (${copy})`,
        spans: moved.spans.map((span) => ({
          ...withIds(span, { trace: copy.toString(16).padStart(4, '0'), span: id }),
          resource: ofOneProcess(span, resources),
        })),
      }
    }),
  ).flat()
  return { parts, spans: parts.flatMap(({ spans }) => spans) }
}

/** What was told of two requests as of one. */
export function mixedUp(
  { parts }: Overlapped,
  told: readonly { readonly spanIds: readonly string[] }[],
): readonly string[] {
  const owners = new Map<string, string>()
  for (const { id, spans } of parts) for (const { spanId } of spans) owners.set(spanId, id)
  return told
    .map(({ spanIds }) => [...new Set(spanIds.map((spanId) => owners.get(spanId) ?? spanId))])
    .filter((ids) => ids.length > 1)
    .map((ids) => ids.join(' with '))
}

/** Some clients sent one `traceparent` with every request: copies apart, that stays as it was. */
function withIds(span: Span, id: { readonly trace: string; readonly span: string }): Span {
  const of = (hex: string): string => (hex === '' ? '' : `${id.span}${hex.slice(id.span.length)}`)
  return {
    ...span,
    traceId: `${id.trace}${span.traceId.slice(id.trace.length)}`,
    spanId: of(span.spanId),
    parentSpanId: of(span.parentSpanId),
  }
}

/** Newer SDKs tell processes apart, and each recording was made by one of its own. */
function ofOneProcess({ resource }: Span, known: Map<string, Span['resource']>): Span['resource'] {
  const plain = [...resource].filter(([key]) => key !== 'service.instance.id')
  const key = JSON.stringify(plain, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  const found = known.get(key) ?? new Map(plain)
  known.set(key, found)
  return found
}

/** Recordings whose routers have the same routes and fallbacks, but for the names. */
export function alikes(all: readonly Recording[]): readonly (readonly Recording[])[] {
  const groups = new Map<string, Recording[]>()
  for (const recording of all.map((each) => rename(each, ''))) {
    const { model_list, router_settings, fallbacks } = recording.config
    const models = model_list.map((one) => [one.model_name, one.litellm_params.model])
    const key = JSON.stringify([models, router_settings, fallbacks])
    groups.set(key, [...(groups.get(key) ?? []), recording])
  }
  return [...groups.values()]
}
