import type { Usage } from '../protocol/event.ts'
import type { UsageSource } from '../vocabulary.ts'
import type { AttemptBill } from './request-run.ts'

/** Tokens of all attempts together, and how much of that the providers really said. */
export function totalUsage(
  bills: readonly AttemptBill[],
): (Usage & { readonly source: UsageSource }) | undefined {
  if (bills.length === 0) return undefined
  const reported = bills.flatMap(({ usage }) => (usage === undefined ? [] : [usage]))
  if (reported.length === 0) return { source: 'unknown' }
  const isWhole = bills.every((bill) => bill.usage?.outputTokens !== undefined && bill.isFinal)
  const inputTokens = sum(reported.map((usage) => usage.inputTokens))
  const outputTokens = sum(reported.map((usage) => usage.outputTokens))
  return {
    source: isWhole ? 'reported' : 'partial',
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
  }
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, count) => total + count, 0)
}
