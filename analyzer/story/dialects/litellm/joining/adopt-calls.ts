import { hasAny } from '../../../attributes.ts'
import { JOIN_OVERLAP_NS, JOIN_WINDOW_NS } from '../../../join-window.ts'
import type { Span } from '../../../span.ts'
import type { SpanGroup } from '../group.ts'
import { sameResource } from '../../../same-resource.ts'
import { isCallSpan, isStrayCall, isV1, isV1Raw, isV1Root } from '../span-kinds.ts'
import { apiOfAuth, apiOfServer, ROUTING } from '../reading/wire-facts.ts'

/**
 * Up to 1.84 a bridged /v1/responses call starts a trace of its own, away from its proxy request:
 * the request has no attempt, the attempt no request. They are put together where exactly one of
 * each process fits into the other's time.
 */
export function adoptCalls(groups: readonly SpanGroup[]): readonly SpanGroup[] {
  const parents = groups.filter(isChildless)
  const strays = groups.filter(isStray)
  if (parents.length === 0 || strays.length === 0) return groups
  const adopted = new Map<SpanGroup, SpanGroup>()
  for (const parent of parents) {
    const [stray, ...more] = strays.filter((one) => fits(one, parent))
    if (stray === undefined || more.length > 0) continue
    if (parents.filter((other) => fits(stray, other)).length === 1) adopted.set(parent, stray)
  }
  const taken = new Set(adopted.values())
  return groups
    .filter((group) => !taken.has(group))
    .map((group) => {
      const stray = adopted.get(group)
      return stray === undefined ? group : { ...group, spans: [...group.spans, ...stray.spans] }
    })
}

function isChildless({ kind, spans, server }: SpanGroup): boolean {
  return kind === 'proxy' && lacksItsCall(server === undefined ? spans : [server, ...spans])
}

/**
 * A request to /v1/responses of which no call and no step of the router is told, as its key's check
 * says. A root that names its route is of 1.85 or later, where a call stays with its request.
 */
export function lacksItsCall(spans: readonly Span[]): boolean {
  return (
    spans.some(isV1) &&
    (apiOfAuth(spans) ?? 'responses') === 'responses' &&
    !spans.some(
      (span) =>
        isCallSpan(span) ||
        isV1Raw(span) ||
        ROUTING.has(span.name) ||
        (isV1Root(span) && (hasAny(span.attributes, 'gen_ai.') || apiOfServer(span) !== undefined)),
    )
  )
}

function isStray({ kind, spans }: SpanGroup): boolean {
  const [first] = spans
  return kind === 'call' && first !== undefined && isStrayCall(first)
}

function fits(stray: SpanGroup, parent: SpanGroup): boolean {
  const [call] = stray.spans
  const span = parent.server ?? parent.spans[0]
  if (call === undefined || span === undefined) return false
  if (!sameResource(call.resource, span.resource)) return false
  const end = parent.server === undefined ? undefined : parent.server.endTimeNs
  return (
    call.startTimeNs >= span.startTimeNs - JOIN_OVERLAP_NS &&
    (end === undefined
      ? call.startTimeNs <= lastEnd(parent.spans) + JOIN_WINDOW_NS
      : call.startTimeNs <= end && call.endTimeNs <= end + JOIN_WINDOW_NS)
  )
}

function lastEnd(spans: readonly Span[]): bigint {
  return spans.reduce((most, span) => (span.endTimeNs > most ? span.endTimeNs : most), 0n)
}
