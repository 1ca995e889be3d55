/**
 * Which deployments have refused a prefill, learned from their own 400s, so that the next request
 * does not provoke the same one. Bounded in entries and in time: providers change their models.
 */
export interface LearnedRefusals {
  learn(deploymentId: string, nowMs: number): void
  refuses(deploymentId: string, nowMs: number): boolean
}

/** More than any configuration has deployments; a bound, not a tuning knob. */
const ENTRIES_MAX = 4096
/** Long enough to spare every request of an outage, short enough to notice a changed model. */
const KEEP_MS = 60 * 60 * 1000

export function createLearnedRefusals(): LearnedRefusals {
  const untilMs = new Map<string, number>()
  return {
    learn(deploymentId, nowMs) {
      // Deleted first, so that the map's order stays the order of learning.
      untilMs.delete(deploymentId)
      untilMs.set(deploymentId, nowMs + KEEP_MS)
      if (untilMs.size <= ENTRIES_MAX) return
      for (const oldest of untilMs.keys()) {
        untilMs.delete(oldest)
        break
      }
    },
    refuses(deploymentId, nowMs) {
      const until = untilMs.get(deploymentId)
      if (until === undefined) return false
      if (nowMs < until) return true
      untilMs.delete(deploymentId)
      return false
    },
  }
}
