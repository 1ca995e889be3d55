import { aresponsesFallbackBypassed } from './aresponses-fallback-bypassed.ts'
import { continuationUnsafe } from './continuation-unsafe.ts'
import { correlatedFallback } from './correlated-fallback.ts'
import { credentialOrModelDead } from './credential-or-model-dead.ts'
import { emptySuccess } from './empty-success.ts'
import { errorInSuccess } from './error-in-success.ts'
import { errorMasked } from './error-masked.ts'
import { failureUnclassified } from './failure-unclassified.ts'
import { fallbackBypassed } from './fallback-bypassed.ts'
import { fallbackExhausted } from './fallback-exhausted.ts'
import { fallbackUnfit } from './fallback-unfit.ts'
import { noEligibleDeployment } from './no-eligible-deployment.ts'
import { noFallbackConfigured } from './no-fallback-configured.ts'
import { optOutIgnored } from './opt-out-ignored.ts'
import { orphanSpend } from './orphan-spend.ts'
import { outputDuplicated } from './output-duplicated.ts'
import { prefillRejected } from './prefill-rejected.ts'
import { rescueBrokeClient } from './rescue-broke-client.ts'
import { retryStorm } from './retry-storm.ts'
import type { Rule } from './rule.ts'
import { servedModelMisreported } from './served-model-misreported.ts'
import { slowFirstChunk } from './slow-first-chunk.ts'
import { statusRewritten } from './status-rewritten.ts'
import { streamStalled } from './stream-stalled.ts'
import { streamTruncated } from './stream-truncated.ts'
import { toolCallReplayed } from './tool-call-replayed.ts'
import { traceIncomplete } from './trace-incomplete.ts'
import { usageLost } from './usage-lost.ts'

/** Registry of the incident classes, in order of priority: the first that fires is primary. */
export const RULES: readonly Rule[] = [
  toolCallReplayed,
  prefillRejected,
  rescueBrokeClient,
  outputDuplicated,
  continuationUnsafe,
  aresponsesFallbackBypassed,
  fallbackBypassed,
  noEligibleDeployment,
  fallbackUnfit,
  fallbackExhausted,
  noFallbackConfigured,
  credentialOrModelDead,
  errorMasked,
  streamTruncated,
  errorInSuccess,
  emptySuccess,
  streamStalled,
  optOutIgnored,
  orphanSpend,
  retryStorm,
  failureUnclassified,
  correlatedFallback,
  statusRewritten,
  usageLost,
  slowFirstChunk,
  servedModelMisreported,
  traceIncomplete,
]

/** The rule with this id, if there is one. */
export function ruleById(id: string): Rule | undefined {
  return RULES.find((rule) => rule.id === id)
}
