import type { AttemptUsage, Usage } from '../protocol/event.ts'
import type { UsageSource } from '../vocabulary.ts'

/** Tokens of all attempts together, and how much of that the providers really said. */
export function totalUsage(
  bills: readonly AttemptUsage[],
): (Usage & { readonly source: UsageSource }) | undefined {
  if (bills.length === 0) return undefined
  const inputTokens = sum(bills.map((bill) => bill.inputTokens))
  const outputTokens = sum(bills.map((bill) => bill.outputTokens))
  return {
    source: sourceOf(bills),
    ...(inputTokens !== undefined && { inputTokens }),
    ...(outputTokens !== undefined && { outputTokens }),
  }
}

/** No surer than the least sure of its parts; with a part that nobody knows it is a lower bound. */
function sourceOf(bills: readonly AttemptUsage[]): UsageSource {
  const sources = new Set(bills.map(({ source }) => source))
  if (sources.has('estimated')) return 'estimated'
  if (sources.size === 1 && sources.has('unknown')) return 'unknown'
  return sources.has('partial') || sources.has('unknown') ? 'partial' : 'reported'
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, count) => total + count, 0)
}
