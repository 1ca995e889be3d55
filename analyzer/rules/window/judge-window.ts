import type { Severity } from '../rule.ts'
import { WINDOW_RULES } from './index.ts'
import { WINDOW_OPTIONS, type WindowOptions } from './window-options.ts'
import type { RouteWindow, WindowFinding, WindowRule } from './window-rule.ts'

/** A finding with its rule and its place: what becomes an occurrence of an incident. */
export interface RuledWindow extends WindowFinding {
  readonly rule: string
  readonly severity: Severity
  readonly title: string
  readonly source: string
  readonly route: string
  /** Since 1970; the minute that it is about. */
  readonly minute: number
}

export interface WindowJudging {
  readonly options?: WindowOptions
  /** A rule that threw: it is a defect of ours, and must not silence the other. */
  readonly onRuleError?: (rule: WindowRule, error: unknown) => void
}

/** Everything that the rules find in the last minute of this window, in one order. */
export function judgeWindow(
  window: RouteWindow,
  { options = WINDOW_OPTIONS, onRuleError }: WindowJudging = {},
): readonly RuledWindow[] {
  const minute = window.minutes.at(-1)?.minute
  if (minute === undefined) return []
  const { source, route } = window
  return WINDOW_RULES.flatMap((rule) => {
    const { id, severity, title } = rule
    return evaluate(rule, { window, options, onRuleError })
      .toSorted((left, right) => (left.target < right.target ? -1 : 1))
      .map((finding) => ({ ...finding, rule: id, severity, title, source, route, minute }))
  })
}

interface Evaluation {
  readonly window: RouteWindow
  readonly options: WindowOptions
  readonly onRuleError: WindowJudging['onRuleError']
}

function evaluate(
  rule: WindowRule,
  { window, options, onRuleError }: Evaluation,
): readonly WindowFinding[] {
  try {
    return rule.evaluate(window, options)
  } catch (error: unknown) {
    onRuleError?.(rule, error)
    return []
  }
}
