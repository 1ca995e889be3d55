import { isError, text } from '../../../attributes.ts'
import type { Span } from '../../../span.ts'
import type { Evidence } from '../../../story.ts'
import type { Pick } from './reading.ts'
import { isRoutePick } from '../span-kinds.ts'

const EVENT = 'litellm.request.deployment_selected'

/**
 * Every deployment that the router picked, in order (1.109): from the events of the SERVER span,
 * the only complete list of attempts, else from the `route` spans.
 */
export function deploymentPicks(spans: readonly Span[]): readonly Pick[] {
  const refused = spans.filter((span) => isRoutePick(span) && isError(span)).map(refusedPick)
  const told = spans.flatMap(toldPicks)
  if (told.length > 0) return [...told, ...refused]
  const routed = spans.filter(isRoutePick).toSorted(byStart)
  const [first] = routed
  if (first === undefined) return []
  const served = routed.filter((span) => !isError(span))
  return [...served.map((span) => routedPick(span, first)), ...refused]
}

function toldPicks(span: Span): readonly Pick[] {
  return span.events
    .filter((event) => event.name === EVENT)
    .flatMap((event) => {
      const route = text(event.attributes, 'litellm.deployment.model_group')
      const reason = text(event.attributes, 'litellm.deployment.reason')
      if (route === undefined) return []
      return [
        {
          route,
          reason:
            reason === 'initial' || reason === 'retry' || reason === 'fallback'
              ? reason
              : undefined,
          refused: false,
          evidence: { spanId: span.spanId, key: EVENT, value: `${route} ${reason ?? ''}`.trim() },
        },
      ]
    })
}

function byStart(left: Span, right: Span): number {
  if (left.startTimeNs === right.startTimeNs) return left.spanId < right.spanId ? -1 : 1
  return left.startTimeNs < right.startTimeNs ? -1 : 1
}

/** The router picks first for the route that was asked for, and again for it or for the next. */
function routedPick(span: Span, first: Span): Pick {
  const route = routeOf(span)
  const reason = span === first ? 'initial' : route === routeOf(first) ? 'retry' : 'fallback'
  return {
    route,
    reason,
    refused: false,
    evidence: { spanId: span.spanId, key: 'name', value: span.name },
  }
}

function refusedPick(span: Span): Pick {
  return { route: routeOf(span), reason: 'fallback', refused: true, evidence: refusalOf(span) }
}

/** Why no deployment was eligible, in the router's words. */
export function refusalOf(span: Span): Evidence {
  const value = text(span.attributes, 'error.message') ?? span.status.message
  return { spanId: span.spanId, key: 'error.message', value }
}

function routeOf(span: Span): string {
  return span.name.slice('route '.length)
}
