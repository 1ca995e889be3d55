import { judge } from '../../analyzer/rules/judge.ts'
import type { RuleOptions } from '../../analyzer/rules/rule-options.ts'
import type { RuledFinding } from '../../analyzer/rules/rule.ts'
import { tellWindows, type ToldRun } from '../../analyzer/rules/window/tell-windows.ts'
import { assembleStories } from '../../analyzer/story/assemble.ts'
import type { RouterConfig } from '../../analyzer/story/router-config.ts'
import type { Span } from '../../analyzer/story/span.ts'
import type { Story } from '../../analyzer/story/story.ts'

export interface JudgeSpans {
  readonly source: string
  readonly spans: readonly Span[]
  readonly routerConfig: RouterConfig | undefined
  readonly ruleOptions: RuleOptions
}

/** One request, with what the rules found. */
export interface Classified {
  readonly story: Story
  readonly findings: readonly RuledFinding[]
}

export interface Judged {
  readonly requests: readonly Classified[]
  /** What they show together. */
  readonly windows: readonly ToldRun[]
  /** Rules that threw: a defect of ours. */
  readonly brokenRules: readonly string[]
}

/** What the analyzer would say, had these spans and no others come from one source. */
export function judgeSpans({ source, spans, routerConfig, ruleOptions }: JudgeSpans): Judged {
  const broken = new Set<string>()
  const onRuleError = (rule: { readonly id: string }) => broken.add(rule.id)
  const stories = assembleStories({ source, spans, routerConfig })
  const requests = stories.map((story) => ({
    story,
    findings: judge(story, { options: ruleOptions, onRuleError }),
  }))
  const windows = tellWindows(stories, { options: ruleOptions.windows, onRuleError })
  return { requests, windows, brokenRules: [...broken] }
}
