import { RULES } from '../rules/index.ts'
import type { RuleFacts } from '../rules/rule.ts'
import { WINDOW_RULES } from '../rules/window/index.ts'
import { docsOf } from './to-wire-incident.ts'
import type { WireRules } from './wire.ts'

type WireRule = WireRules['rules'][number]

/** Every incident class in order of priority. */
export function toWireRules(): WireRules {
  return {
    schemaVersion: 1,
    rules: [
      ...RULES.map((rule) => ({
        ...toWireFacts(rule),
        kind: 'request' as const,
        opensWhenRescued: rule.opensWhenRescued,
      })),
      // What is found in many requests is an incident whatever became of each.
      ...WINDOW_RULES.map((rule) => ({
        ...toWireFacts(rule),
        kind: 'window' as const,
        opensWhenRescued: true,
      })),
    ],
  }
}

function toWireFacts({
  id,
  title,
  severity,
  description,
  needs,
}: RuleFacts): Omit<WireRule, 'kind' | 'opensWhenRescued'> {
  return { id, title, severity, description, docs: docsOf(id), needs }
}
