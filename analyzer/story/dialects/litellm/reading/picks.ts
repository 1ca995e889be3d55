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
export function deploymentPicks(
  spans: readonly Span[],
  requested: string | undefined,
): readonly Pick[] {
  const refused = spans.filter((span) => isRoutePick(span) && isError(span)).map(refusedPick)
  const told = spans.flatMap(toldPicks)
  if (told.length > 0) return [...told, ...refused]
  const routed = spans.filter((span) => isRoutePick(span) && !isError(span))
  return [...routed.map((span) => routedPick(span, requested)), ...refused]
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

function routedPick(span: Span, requested: string | undefined): Pick {
  const route = routeOf(span)
  return {
    route,
    reason: requested === undefined || route === requested ? undefined : 'fallback',
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
