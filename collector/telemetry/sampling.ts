/** Bits of a trace id that W3C Trace Context level 2 wants to be random: its last 56. */
const RANDOM_HEX_DIGITS = 14
const RANDOM_MAX = 2 ** 56

/**
 * Which healthy requests are kept, told by their trace id: whoever else keeps the same share of the
 * same traces keeps the same ones (https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/).
 */
export function createSampler(ratio: number): (traceId: string) => boolean {
  // The highest are kept, as the specification's threshold has it.
  const threshold = (1 - ratio) * RANDOM_MAX
  return (traceId) => Number.parseInt(traceId.slice(-RANDOM_HEX_DIGITS), 16) >= threshold
}
