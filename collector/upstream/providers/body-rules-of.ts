import type { DeploymentConfig } from '../../config/config.ts'
import type { BodyRules } from '../../protocol/protocol.ts'
import { findProvider } from './index.ts'

const known = new WeakMap<DeploymentConfig, BodyRules>()

/** What a target wants of every body; worked out once, for it never changes. */
export function bodyRulesOf(target: DeploymentConfig): BodyRules {
  const before = known.get(target)
  if (before !== undefined) return before
  const provider = findProvider(target.provider)
  const rules: BodyRules = {
    ...target.body,
    ...(provider.limitField !== undefined && { limitField: provider.limitField(target) }),
    ...(provider.chatDialect !== undefined && { chatDialect: provider.chatDialect(target) }),
    ...(provider.envelope !== undefined && { envelope: provider.envelope() }),
    ...(provider.modelInPath !== undefined && { modelInPath: provider.modelInPath }),
  }
  known.set(target, rules)
  return rules
}
