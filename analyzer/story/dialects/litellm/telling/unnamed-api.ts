import type { Api } from '../../../../../collector/vocabulary.ts'
import type { Fallbacks } from '../../../story.ts'
import type { Reading } from '../reading/reading.ts'

/**
 * v2 does not say on a failed attempt which API was called, and a router in process has no SERVER
 * span that would. From 1.85 to 1.96 its chat path asks a fallback about every broken stream, in
 * 1.97 about every one that broke before content; its Responses path does not (LiteLLM #28216). So
 * where a fallback was configured and not asked, it was the Responses path.
 */
export function apiByElimination(reading: Reading, fallbacks: Fallbacks): Api | undefined {
  const { minor, calls, outcome } = reading
  const [only, ...more] = calls
  if (minor === undefined || minor < 85 || minor > 97) return undefined
  if (only === undefined || more.length > 0 || outcome !== 'failed') return undefined
  if (only.error?.whileReading !== true || fallbacks.tried !== false) return undefined
  if ((fallbacks.configured?.value.length ?? 0) === 0) return undefined
  return minor < 97 || only.outputTokens === 0 ? 'responses' : undefined
}
