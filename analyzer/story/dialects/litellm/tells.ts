import type { Dialect } from '../dialect.ts'

/** What LiteLLM's spans tell with `LITELLM_OTEL_V2=true`. */
export const LITELLM_V2_TELLS: Dialect['tells'] = {
  'request-span': {
    sight: 'sometimes',
    why: 'in process each attempt is a trace without one, and none is missed',
  },
  outcome: { sight: 'sometimes', why: 'a cut that LiteLLM swallows looks like a whole answer' },
  'attempt-failure': { sight: 'sometimes', why: 'up to 1.97 a failed fallback may have no span' },
  'attempt-phase': {
    sight: 'sometimes',
    why: 'told by an estimate of output tokens, which 1.83 does not make',
  },
  'every-attempt': { sight: 'sometimes', why: 'calls that were never closed have no span' },
  'attempt-target': { sight: 'always' },
  'attempt-key': { sight: 'never', why: 'no span names the provider key' },
  delivered: { sight: 'sometimes', why: 'output tokens only, and those are estimates' },
  'delivered-before-failure': {
    sight: 'never',
    why: 'what a failed attempt delivered is not exported',
  },
  'first-content-time': {
    sight: 'sometimes',
    why: 'from 1.95 on, and not of a fallback, whose time is counted from another’s start',
  },
  silence: { sight: 'never', why: 'chunks are not timed' },
  usage: { sight: 'sometimes', why: 'a failed attempt has tokens in v2 from 1.97 on only' },
  'fallbacks-configured': {
    sight: 'sometimes',
    why: 'the config file tells; keys, teams and databases override it',
  },
  'fallbacks-disabled': { sight: 'never', why: 'a request’s own switch is not exported' },
  'targets-skipped': { sight: 'sometimes', why: '1.109 with events names what its gate refused' },
  continuation: { sight: 'sometimes', why: 'only where the body sent upstream is exported' },
  'request-shape': { sight: 'sometimes', why: 'only where messages are captured' },
  'client-error': {
    sight: 'sometimes',
    why: 'status and text are the exception’s, not what went over the wire',
  },
  'client-complete': {
    sight: 'never',
    why: 'a cut that is swallowed looks whole, and of another one the client was told',
  },
  'client-envelopes': {
    sight: 'sometimes',
    why: 'inferred on /v1/responses from what the release was measured to do',
  },
  'client-model': {
    sight: 'sometimes',
    why: 'the model on the span that served is the one that the answer was given',
  },
  'client-gone': { sight: 'never', why: 'an answer that nobody read looks whole, or has no span' },
}

/** What `callbacks: [otel]` tells: the same, without what only the newer exporter writes. */
export const LITELLM_V1_TELLS: Dialect['tells'] = {
  ...LITELLM_V2_TELLS,
  'first-content-time': { sight: 'never', why: 'no chunk is timed' },
}
