/**
 * What a rule may need to know of a request, and a dialect can or cannot tell: the two sides of the
 * table of classes and dialects, closed so that neither can name what the other has not heard of.
 */
export const FACT_NAMES = [
  /** That the span of a whole request is missing. */
  'request-span',
  /** Whether the request went well, was rescued, failed. */
  'outcome',
  /** Which attempts failed, and why. */
  'attempt-failure',
  /** Before headers, before content, after content. */
  'attempt-phase',
  /** That no upstream call is missing: only then does absence prove anything. */
  'every-attempt',
  /** Provider, deployment and endpoint of an attempt. */
  'attempt-target',
  'attempt-key',
  /** Text, reasoning and tool calls that reached the client, attempt by attempt. */
  'delivered',
  /** Text that reached the client from an attempt that then failed. */
  'delivered-before-failure',
  'first-content-time',
  'silence',
  'usage',
  'fallbacks-configured',
  'fallbacks-disabled',
  /** Targets that were refused before any call. */
  'targets-skipped',
  /** How a fallback was asked to go on. */
  'continuation',
  /** Tools, tool choice and schema that the client asked with. */
  'request-shape',
  /** The error that the client was shown. */
  'client-error',
  /** Whether the client held a whole answer. */
  'client-complete',
  /** Starts of an answer that the client was sent. */
  'client-envelopes',
  /** The model that the client was told. */
  'client-model',
  /** When the client left. */
  'client-gone',
] as const

export type FactName = (typeof FACT_NAMES)[number]
