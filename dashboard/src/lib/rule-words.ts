import type { WireRules } from '../../../analyzer/api/wire.ts'

type WireRule = WireRules['rules'][number]

/** When a class makes an incident. */
export function describeOpening({ kind, severity, opensWhenRescued }: WireRule): string {
  if (severity === 'info') return 'never: it is counted'
  if (kind === 'window') return 'where many requests of a route show it, minute after minute'
  return opensWhenRescued
    ? 'where a request failed, and also where it was rescued'
    : 'where a request failed'
}

const NEED_WORDS: ReadonlyMap<string, string> = new Map([
  ['request-span', 'the span of the whole request'],
  ['outcome', 'the outcome'],
  ['attempt-failure', 'why attempts failed'],
  ['attempt-phase', 'when in the stream they failed'],
  ['every-attempt', 'every upstream call'],
  ['attempt-target', 'where attempts went'],
  ['attempt-key', 'the key of attempts'],
  ['delivered', 'what reached the client'],
  ['delivered-before-failure', 'text that came before a failure'],
  ['first-content-time', 'when the first content came'],
  ['silence', 'silence within a stream'],
  ['usage', 'the tokens'],
  ['fallbacks-configured', 'the configured fallbacks'],
  ['fallbacks-disabled', 'whether fallbacks were switched off'],
  ['targets-skipped', 'targets refused before a call'],
  ['continuation', 'how a fallback was asked to go on'],
  ['request-shape', 'the tools and the schema asked with'],
  ['client-error', 'the error that the client was shown'],
  ['client-complete', 'whether the client had a whole answer'],
  ['client-envelopes', 'how many answers the client saw begin'],
  ['client-model', 'the model that the client was told'],
  ['client-gone', 'when the client left'],
])

/** What spans must tell; a fact that this page has no words for yet keeps its own name. */
export function describeNeed(fact: string): string {
  return NEED_WORDS.get(fact) ?? fact
}
