import { errorOf, OVERLOADED } from './provider-errors.ts'
import type { Ending, ErrorShape, Framing, ProviderError, Script, Step } from './script.ts'

/**
 * Everything that the demo provider can do to a request, by model name. A number at the end of the
 * name is the behaviour's parameter: `cut-rst-40`. The table of `demo/README.md` is held to this
 * one by a test.
 */
export interface Behaviour {
  readonly name: string
  /** As a model name. */
  readonly example: string
  /** One sentence. */
  readonly does: string
  readonly script: (parameter: number | undefined) => Script
}

/** Where a cut comes if the name does not say: past any anchor, far from the end. */
const CUT_AFTER_WORDS = 40
const SLOW_FIRST_TOKEN_MS = 600

/**
 * Exactly what Claude 4.6 and later answer to a conversation that ends with the assistant's turn.
 */
export const PREFILL_REFUSED: ProviderError = {
  type: 'invalid_request_error',
  code: null,
  message:
    'This model does not support assistant message prefill. The conversation must end with a user message.',
}

const start: Script = [{ step: 'open' }, { step: 'prelude' }]

const finish: Script = [
  { step: 'terminal', reason: 'stop' },
  { step: 'closing-frame' },
  { step: 'end', how: 'clean' },
]

export const BEHAVIOURS: readonly Behaviour[] = [
  {
    name: 'healthy',
    example: 'healthy',
    does: 'Answers with 60 numbered words.',
    script: () => [...start, words('rest'), ...finish],
  },
  {
    name: 'length',
    example: 'length-30',
    does: 'Stops after k words because the limit is reached: complete, not broken.',
    script: (k = 30) => [
      ...start,
      words(k),
      { step: 'terminal', reason: 'length' },
      { step: 'closing-frame' },
      end('clean'),
    ],
  },
  {
    name: 'tool-call',
    example: 'tool-call',
    does: 'Answers with a whole tool call.',
    script: () => [
      ...start,
      { step: 'tool-call', part: 'whole' },
      { step: 'terminal', reason: 'tool-calls' },
      { step: 'closing-frame' },
      end('clean'),
    ],
  },
  {
    name: 'status',
    example: 'status-503',
    does: 'Answers with that HTTP status and the error body of the protocol.',
    script: (status = 500) => [{ step: 'refuse', status, error: errorOf(status) }],
  },
  {
    name: 'retry-after',
    example: 'retry-after-1',
    does: 'Answers 429 with `Retry-After: n` (seconds).',
    script: (retryAfterS = 1) => [
      { step: 'refuse', status: 429, error: errorOf(429), retryAfterS },
    ],
  },
  {
    name: 'quota',
    example: 'quota',
    does: 'Answers 429 because the money is spent (`insufficient_quota`): waiting does not help.',
    script: () => [
      {
        step: 'refuse',
        status: 429,
        error: {
          type: 'insufficient_quota',
          code: 'insufficient_quota',
          message: 'You exceeded your current quota, please check your plan and billing details.',
        },
      },
    ],
  },
  {
    name: 'context-too-long',
    example: 'context-too-long',
    does: 'Answers 400 because the prompt does not fit (`context_length_exceeded`).',
    script: () => [
      {
        step: 'refuse',
        status: 400,
        error: {
          type: 'invalid_request_error',
          code: 'context_length_exceeded',
          message:
            "This model's maximum context length is 128 tokens. However, your messages resulted in 4096 tokens. Please reduce the length of the messages.",
        },
      },
    ],
  },
  {
    name: 'reset-before-headers',
    example: 'reset-before-headers',
    does: 'Resets the connection (RST) once the request has arrived.',
    script: () => [end('rst')],
  },
  {
    name: 'close-before-headers',
    example: 'close-before-headers',
    does: 'Closes the connection (FIN) once the request has arrived.',
    script: () => [end('fin')],
  },
  {
    name: 'silent',
    example: 'silent',
    does: 'Takes the request and never sends a byte.',
    script: () => [end('silence')],
  },
  {
    name: 'slow-first-token',
    example: 'slow-first-token-600',
    does: 'Sends headers and prelude, waits n ms, then answers.',
    script: (ms = SLOW_FIRST_TOKEN_MS) => [
      ...start,
      { step: 'wait', ms },
      words('rest'),
      ...finish,
    ],
  },
  cut('cut-rst', 'rst', 'Cut after k words by a reset (RST).'),
  cut('cut-fin', 'fin', 'Cut after k words by a close (FIN) in the middle of the body.'),
  cut('cut-clean', 'clean', 'Ends the body after k words as HTTP wants it, without a terminal.'),
  delimited('cut-close', 'until-close', 'Ends a body without a length by FIN, after k words.'),
  delimited('cut-length', 'promised-length', 'Closes before the promised length, after k words.'),
  cut('stall', 'silence', 'Falls silent after k words; the connection stays open.'),
  cut('comments', 'comments', 'After k words sends comments for ever.'),
  {
    name: 'reset-after-terminal',
    example: 'reset-after-terminal',
    does: 'Whole answer and terminal, then RST before the closing frame: complete, not broken.',
    script: () => [...start, words('rest'), { step: 'terminal', reason: 'stop' }, end('rst')],
  },
  {
    name: 'error-event',
    example: 'error-event-40',
    does: 'An error event inside the 200, after k words.',
    script: (k = CUT_AFTER_WORDS) => [
      ...start,
      words(k),
      { step: 'error-event', error: OVERLOADED },
      end('clean'),
    ],
  },
  shapedError('error-flat', 'flat', 'An error event whose fields stand at its top, after k words.'),
  shapedError('error-unnamed', 'unnamed', 'An error event without a name, after k words.'),
  shapedError(
    'error-in-answer',
    'in-answer',
    '`response.failed`, or in Chat an error beside `choices`, after k words.',
  ),
  stray('stray-page', 'page', 'A web page between two events, after k words.'),
  stray('half-event', 'half-event', 'Ends in the middle of an event, after k words.'),
  stray('long-line', 'long-line', 'A line of two megabytes, after k words.'),
  {
    name: 'no-closing-frame',
    example: 'no-closing-frame',
    does: 'Whole answer and terminal, then the end without `[DONE]` or `message_stop`: complete.',
    script: () => [...start, words('rest'), { step: 'terminal', reason: 'stop' }, end('clean')],
  },
  {
    name: 'malformed-frame',
    example: 'malformed-frame-40',
    does: 'A frame that is no JSON, after k words; the rest of the answer follows.',
    script: (k = CUT_AFTER_WORDS) => [
      ...start,
      words(k),
      { step: 'malformed-frame' },
      words('rest'),
      ...finish,
    ],
  },
  {
    name: 'truncated-gzip',
    example: 'truncated-gzip-40',
    does: 'Compresses though it was asked not to, and leaves the gzip stream unfinished after k words.',
    script: (k = CUT_AFTER_WORDS) => [
      { step: 'open', encoding: 'gzip' },
      { step: 'prelude' },
      words(k),
      end('clean-mid-gzip'),
    ],
  },
  {
    name: 'html-page',
    example: 'html-page',
    does: 'A web page with status 200.',
    script: () => [{ step: 'html-page', status: 200 }],
  },
  {
    name: 'html-502',
    example: 'html-502',
    does: 'A web page with status 502, as an edge writes it.',
    script: () => [{ step: 'html-page', status: 502 }],
  },
  {
    name: 'redirect',
    example: 'redirect',
    does: 'A redirect (302) to another address.',
    script: () => [{ step: 'redirect' }],
  },
  {
    name: 'whole-answer',
    example: 'whole-answer',
    does: 'The answer in one piece (`application/json`), though a stream was asked for.',
    script: () => [{ step: 'whole-answer' }],
  },
  {
    name: 'empty-success',
    example: 'empty-success',
    does: 'A terminal and no content: status 200, nothing said.',
    script: () => [...start, ...finish],
  },
  {
    name: 'no-events',
    example: 'no-events',
    does: 'Status 200, the right content type, and a body without any event.',
    script: () => [{ step: 'open' }, end('clean')],
  },
  {
    name: 'half-tool-call',
    example: 'half-tool-call',
    does: 'Begins a tool call, then RST in the middle of its arguments.',
    script: () => [...start, { step: 'tool-call', part: 'half' }, end('rst')],
  },
]

function words(count: number | 'rest'): Step {
  return { step: 'words', count }
}

function end(how: Ending): Step {
  return { step: 'end', how }
}

function cut(name: string, how: Ending, does: string): Behaviour {
  return {
    name,
    example: `${name}-${CUT_AFTER_WORDS}`,
    does,
    script: (k = CUT_AFTER_WORDS) => [...start, words(k), end(how)],
  }
}

function delimited(name: string, framing: Framing, does: string): Behaviour {
  return {
    name,
    example: `${name}-${CUT_AFTER_WORDS}`,
    does,
    script: (k = CUT_AFTER_WORDS) => [
      { step: 'open', framing },
      { step: 'prelude' },
      words(k),
      end('fin'),
    ],
  }
}

function shapedError(name: string, shape: ErrorShape, does: string): Behaviour {
  return {
    name,
    example: `${name}-${CUT_AFTER_WORDS}`,
    does,
    script: (k = CUT_AFTER_WORDS) => [
      ...start,
      words(k),
      { step: 'error-event', error: OVERLOADED, shape },
      end('clean'),
    ],
  }
}

function stray(name: string, what: 'page' | 'half-event' | 'long-line', does: string): Behaviour {
  return {
    name,
    example: `${name}-${CUT_AFTER_WORDS}`,
    does,
    script: (k = CUT_AFTER_WORDS) => [...start, words(k), { step: 'stray', what }, end('clean')],
  }
}
