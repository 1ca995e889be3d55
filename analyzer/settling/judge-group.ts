import { judge } from '../rules/judge.ts'
import type { RuleOptions } from '../rules/rule-options.ts'
import type { Judgement } from '../store/verdict-store.ts'
import { assembleStories } from '../story/assemble.ts'
import type { RouterConfig } from '../story/router-config.ts'
import type { Story } from '../story/story.ts'
import type { TraceGroup } from './gather-traces.ts'
import { toVerdict } from './to-verdict.ts'

export interface JudgeGroupOptions {
  readonly routerConfigs: ReadonlyMap<string, RouterConfig>
  /** Default: those of the sidecar. */
  readonly ruleOptions?: RuleOptions
  readonly onFailure: (what: string, error: unknown) => void
}

/** The verdicts on all requests of these traces. */
export function judgeGroup(
  source: string,
  group: TraceGroup,
  options: JudgeGroupOptions,
): readonly Judgement[] {
  const [first = '', ...others] = group.traces.keys()
  try {
    return [toJudgement(source, group, options)]
  } catch (error: unknown) {
    if (others.length === 0) {
      options.onFailure(`trace ${first} was not judged`, error)
      return [{ source, traceIds: [first], verdicts: [] }]
    }
    // One of them cannot be judged: apart from it, each is told for itself.
    return [...group.traces].flatMap(([id, arrivals]) =>
      judgeGroup(
        source,
        {
          ...group,
          traces: new Map([[id, arrivals]]),
          crowded: true,
          lookouts: group.lookouts.filter(({ traceId }) => traceId === id),
        },
        options,
      ),
    )
  }
}

function toJudgement(
  source: string,
  { traces, crowded, crowd, lookouts }: TraceGroup,
  { routerConfigs, ruleOptions, onFailure }: JudgeGroupOptions,
): Judgement {
  const arrivals = [...traces.values()].flat()
  const stories = assembleStories({
    source,
    spans: arrivals.map((arrival) => arrival.span),
    routerConfig: routerConfigs.get(source),
    crowded,
  })
  const verdicts = stories.map((story) => {
    const findings = judge(story, {
      ...(ruleOptions !== undefined && { options: ruleOptions }),
      onRuleError: (rule, error) => onFailure(`rule ${rule.id} failed`, error),
    })
    return toVerdict(story, { findings, nowMs: lastReceivedMs(story, traces) })
  })
  return {
    source,
    traceIds: [...traces.keys()],
    verdicts,
    lookouts,
    crowded: crowd.length > 0,
  }
}

function lastReceivedMs({ traceIds }: Story, traces: TraceGroup['traces']): number {
  return traceIds
    .flatMap((traceId) => traces.get(traceId) ?? [])
    .reduce((last, { receivedAtMs }) => Math.max(last, receivedAtMs), 0)
}
