import { isError, text } from '../../attributes.ts'
import { byTrace } from '../../by-trace.ts'
import type { Span } from '../../span.ts'
import type { DialectName, Story } from '../../story.ts'
import type { DialectInput } from '../dialect.ts'
import { adoptCalls } from './joining/adopt-calls.ts'
import { groupTrace, type SpanGroup } from './group.ts'
import { joinCalls, type LoosePick } from './joining/join-calls.ts'
import { looseCallOf, readCalls } from './reading/read-calls.ts'
import { refusalOf } from './reading/picks.ts'
import { readProxyV1 } from './reading/read-proxy-v1.ts'
import { readProxyV2 } from './reading/read-proxy-v2.ts'
import { isRoutePick, isV1, isV2 } from './span-kinds.ts'
import { toStory } from './telling/to-story.ts'

/** The stories of one of LiteLLM's two dialects. */
export function litellmStories(input: DialectInput, dialect: DialectName): readonly Story[] {
  const { source, spans, routerConfig: config, crowded = false } = input
  const told = byTrace(spans).flatMap(groupTrace)
  // In a crowd the one that fits need not be the only one.
  const groups = crowded ? told : adoptCalls(told)
  const readings = [
    ...groups
      .filter((group) => group.kind === 'proxy' && dialectOf(group) === dialect)
      .flatMap(
        (group) => (dialect === 'litellm-v1' ? readProxyV1(group) : readProxyV2(group)) ?? [],
      ),
    ...joinCalls({
      calls: groups
        .filter((group) => group.kind === 'call' && dialectOf(group) === dialect)
        .flatMap((group) => looseCallOf(group) ?? []),
      picks: dialect === 'litellm-v2' ? loosePicks(spans, groups) : [],
      config,
      crowded,
    }).flatMap((joined) => readCalls(joined) ?? []),
  ]
  return readings.map((reading) => toStory(reading, { source, config }))
}

function dialectOf({ server, spans }: SpanGroup): DialectName {
  const own = spans.find((span) => isV1(span) || isV2(span)) ?? server
  return own !== undefined && isV2(own) ? 'litellm-v2' : 'litellm-v1'
}

/** A router in process exports its later picks as spans without a parent, or beside the calls. */
function loosePicks(spans: readonly Span[], groups: readonly SpanGroup[]): readonly LoosePick[] {
  const taken = new Set(groups.filter(({ kind }) => kind === 'proxy').flatMap((one) => one.spans))
  return spans
    .filter((span) => isRoutePick(span) && !taken.has(span))
    .map((span) => {
      const reason = span.events
        .map((event) => text(event.attributes, 'litellm.deployment.reason'))
        .find((value) => value !== undefined)
      return {
        route: span.name.slice('route '.length),
        reason: reason === 'initial' || reason === 'retry' ? reason : 'fallback',
        refused: isError(span),
        evidence: isError(span)
          ? refusalOf(span)
          : { spanId: span.spanId, key: 'name', value: span.name },
        span,
      }
    })
}
