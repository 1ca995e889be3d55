import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace-base'

/**
 * Records every request, whatever the caller's sampled flag or `OTEL_TRACES_SAMPLER` says: whether
 * a request failed is known only at its end, and a failed or rescued one is never sampled away.
 */
export const alwaysRecord: Sampler = {
  shouldSample: () => ({ decision: SamplingDecision.RECORD_AND_SAMPLED }),
  toString: () => 'SecondwindAlwaysRecord',
}
