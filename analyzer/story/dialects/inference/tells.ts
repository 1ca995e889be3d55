import type { Dialect } from '../dialect.ts'

/** What spans of either convention tell: neither has a word for routing. */
const SHARED = {
  'request-span': {
    sight: 'never',
    why: 'a call is a request of its own, and one that was not exported leaves nothing behind',
  },
  'attempt-key': { sight: 'never', why: 'no key of the convention names the provider key' },
  'fallbacks-configured': { sight: 'never', why: 'the convention has no word for routing' },
  'fallbacks-disabled': { sight: 'never', why: 'the convention has no word for routing' },
  'targets-skipped': { sight: 'never', why: 'what was not called has no span' },
  'client-envelopes': { sight: 'never', why: 'frames of a stream are not exported' },
  'client-model': { sight: 'never', why: 'what a gateway told its client is not exported' },
  'attempt-failure': {
    sight: 'sometimes',
    why: 'retries of a client library share one span, which tells of the last',
  },
  'attempt-phase': {
    sight: 'sometimes',
    why: 'only where a status, or the tokens that had come, tell it',
  },
  'every-attempt': {
    sight: 'sometimes',
    why: 'only where the HTTP client below is instrumented too',
  },
  delivered: {
    sight: 'sometimes',
    why: 'only where what came is captured, and no operation around it stands between',
  },
  'delivered-before-failure': {
    sight: 'sometimes',
    why: 'as what is delivered, of a client that sends its requests again itself',
  },
  continuation: {
    sight: 'sometimes',
    why: 'only where messages are captured on a span for each attempt',
  },
  'request-shape': { sight: 'sometimes', why: 'only where messages and tools are captured' },
  'client-error': {
    sight: 'sometimes',
    why: 'the exception that the application got; of a gateway, only its SERVER span tells',
  },
  'client-gone': {
    sight: 'never',
    why: 'a cancelled call is told as one, but what went on behind it has no span',
  },
  usage: { sight: 'sometimes', why: 'streams report it only where they were asked to' },
} as const satisfies Partial<Dialect['tells']>

/** OpenTelemetry's GenAI convention, in all its generations. */
export const GEN_AI_TELLS: Dialect['tells'] = {
  ...SHARED,
  outcome: {
    sight: 'sometimes',
    why: 'without a finish reason, a stream that ended early looks whole',
  },
  'attempt-target': { sight: 'always' },
  'first-content-time': {
    sight: 'sometimes',
    why: 'only newer libraries write the time to the first chunk, which may be empty',
  },
  silence: { sight: 'sometimes', why: 'only OpenLLMetry notes every chunk, up to 128' },
  'client-complete': { sight: 'sometimes', why: 'only where a finish reason is written' },
}

export const OPENINFERENCE_TELLS: Dialect['tells'] = {
  ...SHARED,
  outcome: {
    sight: 'sometimes',
    why: 'most libraries write no finish reason: a stream that ended early looks whole',
  },
  'attempt-target': {
    sight: 'sometimes',
    why: 'provider and model; the endpoint only where the client library has a span of its own below',
  },
  'first-content-time': {
    sight: 'sometimes',
    why: 'where the first chunk is an event, which may be empty',
  },
  silence: { sight: 'never', why: 'chunks are not timed' },
  'client-complete': {
    sight: 'never',
    why: 'a stream that ended too early is closed as a whole one, and one that broke was raised',
  },
}
