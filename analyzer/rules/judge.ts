import type { Story } from '../story/story.ts'
import { failureUnclassified } from './failure-unclassified.ts'
import { RULES } from './index.ts'
import { RULE_OPTIONS, type RuleOptions } from './rule-options.ts'
import type { Finding, Rule, RuledFinding, Severity } from './rule.ts'
import { traceIncomplete } from './trace-incomplete.ts'

export interface JudgeOptions {
  /** Default: the registry, in order of priority. */
  readonly rules?: readonly Rule[]
  /** Default: those of the sidecar. */
  readonly options?: RuleOptions
  /** A rule that threw: it is a defect of ours, and must not silence the other rules. */
  readonly onRuleError?: (rule: Rule, error: unknown) => void
}

/**
 * Everything that the rules find in one story; the first is primary. Of a story whose own request
 * span never came nothing is concluded but that.
 */
export function judge(story: Story, options: JudgeOptions = {}): readonly RuledFinding[] {
  const { rules = RULES, options: ruleOptions = RULE_OPTIONS, onRuleError } = options
  const found: Found[] = []
  for (const rule of rules) {
    if (story.incomplete && rule !== traceIncomplete) continue
    if (rule === failureUnclassified && found.some((entry) => severityOf(entry) !== 'info')) {
      continue
    }
    try {
      const finding = rule.evaluate(story, ruleOptions)
      if (finding !== undefined) found.push({ rule, finding })
    } catch (error) {
      onRuleError?.(rule, error)
    }
  }
  return found.map((entry, position) => ({
    ...entry.finding,
    rule: entry.rule.id,
    severity: severityOf(entry),
    title: entry.rule.title,
    primary: position === 0,
  }))
}

interface Found {
  readonly rule: Rule
  readonly finding: Finding
}

function severityOf({ rule, finding }: Found): Severity {
  return finding.severity ?? rule.severity
}

/**
 * The finding that owns the incident of this story, if there is to be one: the first that is more
 * than a figure, unless the client got a whole answer and the class is not about the rescue itself.
 */
export function incidentFinding(
  story: Story,
  findings: readonly RuledFinding[],
): RuledFinding | undefined {
  return findings.find(
    ({ rule, severity }) =>
      severity !== 'info' && (story.outcome !== 'rescued' || opensWhenRescued(rule)),
  )
}

function opensWhenRescued(id: string): boolean {
  return RULES.find((rule) => rule.id === id)?.opensWhenRescued ?? false
}
