/**
 * What the demo's clients ask, and what must come of it. Each scenario has a route of its own,
 * which is its name; the targets' models say what the provider does (`demo/README.md`).
 */
export interface Scenario {
  /** Also the route's name. */
  readonly name: string
  /** One sentence. */
  readonly tells: string
  readonly api: 'chat' | 'messages' | 'responses'
  readonly stream: boolean
  /** The route's deployments, tried in this order. */
  readonly targets: readonly Target[]
  /** The deployments of its fallback route, `<name>-backup`; none: there is no fallback. */
  readonly backup: readonly Target[]
  /** `secondwind.routes.<name>.continuation.strategy`. */
  readonly strategy?: 'prefill'
  /** The client closes its connection once it has read the first words. */
  readonly clientLeaves?: boolean
  /** How often it is drawn, among the others. */
  readonly weight: number
  readonly expected: Expected
}

export interface Target {
  /** As LiteLLM writes it: provider, slash, model. */
  readonly model: string
  /** LiteLLM's own limits, in seconds, where the scenario is about waiting. */
  readonly timeoutS?: number
  readonly streamTimeoutS?: number
}

export interface Expected {
  readonly outcome: 'ok' | 'rescued' | 'failed' | 'cancelled'
  /** The class of the incident that the analyzer opens; absent: none. */
  readonly finding?: string
}

const GPT = 'openai/gpt-4o'
const CLAUDE = 'anthropic/claude-sonnet-4-6'
/** The last family that goes on from a trailing assistant turn. */
const OLD_CLAUDE = 'anthropic/claude-sonnet-4-5'

/** The most telling ones first: that is the order in which the demo begins. */
export const SCENARIOS: readonly Scenario[] = [
  chat('prefill-forced', {
    tells: 'A stream dies; the configuration forces a prefill that the fallback refuses.',
    targets: [{ model: `${CLAUDE}@error-event-40` }],
    backup: [{ model: `${CLAUDE}@refuses-prefill` }],
    strategy: 'prefill',
    weight: 3,
    expected: { outcome: 'failed', finding: 'prefill-rejected' },
  }),
  chat('cut-by-reset', {
    tells: 'A stream is reset at word 40 of 60; the fallback goes on where it stopped.',
    targets: [{ model: `${CLAUDE}@cut-rst-40` }],
    backup: [{ model: `${CLAUDE}@refuses-prefill` }],
    weight: 4,
    expected: { outcome: 'rescued' },
  }),
  chat('every-target-fails', {
    tells: 'Both targets answer with an error before any content.',
    targets: [{ model: `${GPT}@status-503` }],
    backup: [{ model: `${CLAUDE}@status-529` }],
    weight: 3,
    expected: { outcome: 'failed', finding: 'fallback-exhausted' },
  }),
  chat('tool-call-cut', {
    tells: 'A stream dies in the middle of a tool call: it must not be replayed.',
    targets: [{ model: `${GPT}@half-tool-call` }],
    weight: 2,
    expected: { outcome: 'failed', finding: 'fallback-bypassed' },
  }),
  responses('responses-tool-call-cut', {
    tells: 'The same on OpenAI Responses, an incident class of its own.',
    targets: [{ model: `${GPT}@half-tool-call` }],
    weight: 2,
    expected: { outcome: 'failed', finding: 'aresponses-fallback-bypassed' },
  }),
  chat('nothing-to-fall-back-to', {
    tells: 'A stream dies and its route has no fallback.',
    targets: [{ model: `${GPT}@cut-fin-40` }],
    backup: [],
    weight: 2,
    expected: { outcome: 'failed', finding: 'no-fallback-configured' },
  }),
  chat('healthy', {
    tells: 'A stream as it should be.',
    targets: [{ model: `${GPT}@healthy` }],
    weight: 60,
    expected: { outcome: 'ok' },
  }),
  messages('healthy-messages', {
    tells: 'The same on Anthropic Messages.',
    targets: [{ model: `${CLAUDE}@healthy` }],
    weight: 25,
    expected: { outcome: 'ok' },
  }),
  responses('healthy-responses', {
    tells: 'The same on OpenAI Responses.',
    targets: [{ model: `${GPT}@healthy` }],
    weight: 20,
    expected: { outcome: 'ok' },
  }),
  chat('translated', {
    tells: 'A Chat Completions client served by an Anthropic target.',
    targets: [{ model: `${CLAUDE}@healthy` }],
    weight: 15,
    expected: { outcome: 'ok' },
  }),
  responses('responses-translated', {
    tells: 'A Responses client served by an Anthropic target.',
    targets: [{ model: `${CLAUDE}@healthy` }],
    weight: 5,
    expected: { outcome: 'ok' },
  }),
  chat('healthy-whole', {
    tells: 'An answer in one piece.',
    stream: false,
    targets: [{ model: `${GPT}@healthy` }],
    weight: 15,
    expected: { outcome: 'ok' },
  }),
  chat('starts-over-differently', {
    tells:
      'Asked to go on, the fallback begins again and then says something else: no honest seam.',
    targets: [{ model: `${GPT}@cut-rst-40` }],
    backup: [{ model: `${GPT}@starts-over-in-other-words` }],
    expected: { outcome: 'failed', finding: 'fallback-exhausted' },
  }),
  chat('starts-over', {
    tells: 'Asked to go on, the fallback begins again; what the client has is swallowed.',
    targets: [{ model: `${GPT}@cut-fin-40` }],
    backup: [{ model: `${GPT}@starts-over` }],
    expected: { outcome: 'rescued' },
  }),
  chat('goes-on-without-anchor', {
    tells: 'The fallback goes on without repeating a word: joined, and marked unverified.',
    targets: [{ model: `${GPT}@cut-rst-40` }],
    backup: [{ model: `${GPT}@without-anchor` }],
    expected: { outcome: 'rescued' },
  }),
  chat('prefill-accepted', {
    tells: 'The fallback goes on from a trailing assistant turn.',
    targets: [{ model: `${CLAUDE}@cut-rst-40` }],
    backup: [{ model: `${OLD_CLAUDE}@healthy` }],
    expected: { outcome: 'rescued' },
  }),
  messages('messages-cut', {
    tells: 'A Messages stream dies and is finished by another target.',
    targets: [{ model: `${CLAUDE}@cut-rst-40` }],
    backup: [{ model: `${CLAUDE}@refuses-prefill` }],
    expected: { outcome: 'rescued' },
  }),
  responses('responses-cut', {
    tells: 'A Responses stream dies and is finished by another target, as one response.',
    targets: [{ model: `${GPT}@cut-rst-40` }],
    backup: [{ model: `${GPT}@starts-over` }],
    weight: 2,
    expected: { outcome: 'rescued' },
  }),
  responses('responses-failed', {
    tells: '`response.failed` after word 40; a target of another protocol goes on.',
    targets: [{ model: `${GPT}@error-in-answer-40` }],
    backup: [{ model: `${CLAUDE}@refuses-prefill` }],
    expected: { outcome: 'rescued' },
  }),
  messages('messages-overloaded', {
    tells: 'An error event after word 40 of a Messages stream, and the fallback is overloaded too.',
    targets: [{ model: `${CLAUDE}@error-event-40` }],
    backup: [{ model: `${CLAUDE}@status-529` }],
    expected: { outcome: 'failed', finding: 'fallback-exhausted' },
  }),
  chat('ends-without-terminal', {
    tells: 'A stream ends cleanly at word 40 of 60, with no terminal.',
    targets: [{ model: `${GPT}@cut-clean-40` }],
    expected: { outcome: 'rescued' },
  }),
  chat('stalled', {
    tells: 'A stream falls silent at word 40 of 60.',
    targets: [{ model: `${GPT}@stall-40`, streamTimeoutS: 1 }],
    expected: { outcome: 'rescued' },
  }),
  chat('comments-for-ever', {
    tells: 'After word 40 of 60 nothing but comments.',
    targets: [{ model: `${GPT}@comments-40` }],
    expected: { outcome: 'rescued' },
  }),
  chat('error-event', {
    tells: 'An error event inside the 200, before any content.',
    targets: [{ model: `${CLAUDE}@error-event-0` }],
    expected: { outcome: 'rescued' },
  }),
  chat('malformed-frame', {
    tells: 'A frame that is no JSON, after word 40.',
    targets: [{ model: `${GPT}@malformed-frame-40` }],
    expected: { outcome: 'rescued' },
  }),
  chat('truncated-gzip', {
    tells: 'A compressed stream that ends unfinished.',
    targets: [{ model: `${GPT}@truncated-gzip-40` }],
    expected: { outcome: 'rescued' },
  }),
  chat('web-page', {
    tells: 'A web page with status 200.',
    targets: [{ model: `${GPT}@html-page` }],
    expected: { outcome: 'rescued' },
  }),
  chat('no-events', {
    tells: 'Status 200 and not one event.',
    targets: [{ model: `${GPT}@no-events` }],
    expected: { outcome: 'rescued' },
  }),
  chat('empty-success', {
    tells: 'A terminal and no content: passed on as it is.',
    targets: [{ model: `${GPT}@empty-success` }],
    expected: { outcome: 'ok', finding: 'empty-success' },
  }),
  chat('reset-after-terminal', {
    tells: 'The connection is reset once the answer is complete.',
    targets: [{ model: `${GPT}@reset-after-terminal` }],
    expected: { outcome: 'ok' },
  }),
  chat('rate-limited', {
    tells: '429 without a word on when to come back.',
    targets: [{ model: `${GPT}@status-429` }],
    expected: { outcome: 'rescued' },
  }),
  chat('rate-limited-briefly', {
    tells: '429 with `Retry-After: 1`.',
    targets: [{ model: `${GPT}@retry-after-1` }],
    expected: { outcome: 'rescued' },
  }),
  chat('quota-spent', {
    tells: '429 because the money is spent.',
    targets: [{ model: `${GPT}@quota` }],
    expected: { outcome: 'rescued' },
  }),
  chat('server-error', {
    tells: '500 before the stream.',
    targets: [{ model: `${GPT}@status-500` }],
    expected: { outcome: 'rescued' },
  }),
  chat('overloaded', {
    tells: '503 before the stream.',
    targets: [{ model: `${GPT}@status-503` }],
    expected: { outcome: 'rescued' },
  }),
  chat('overloaded-whole', {
    tells: '503 to a request that does not stream.',
    stream: false,
    targets: [{ model: `${GPT}@status-503` }],
    expected: { outcome: 'rescued' },
  }),
  chat('reset-before-headers', {
    tells: 'The connection is reset before any answer.',
    targets: [{ model: `${GPT}@reset-before-headers` }],
    expected: { outcome: 'rescued' },
  }),
  chat('silent', {
    tells: 'The target never answers; a third of its `timeout` is waited.',
    targets: [{ model: `${GPT}@silent`, timeoutS: 3 }],
    expected: { outcome: 'rescued' },
  }),
  chat('slow-first-token', {
    tells: 'The first word takes 600 ms: slow, not broken.',
    targets: [{ model: `${GPT}@slow-first-token-600` }],
    expected: { outcome: 'ok' },
  }),
  chat('client-leaves', {
    tells: 'The client goes away in the middle; the upstream is let go and nothing else is asked.',
    targets: [{ model: `${GPT}@healthy+pace-40` }],
    clientLeaves: true,
    expected: { outcome: 'cancelled' },
  }),
]

type Told = Pick<Scenario, 'tells' | 'targets' | 'expected'> & Partial<Scenario>

function chat(name: string, told: Told): Scenario {
  return {
    name,
    api: 'chat',
    stream: true,
    backup: [{ model: `${GPT}@healthy` }],
    weight: 1,
    ...told,
  }
}

function responses(name: string, told: Told): Scenario {
  return chat(name, { ...told, api: 'responses' })
}

function messages(name: string, told: Told): Scenario {
  const backup = [{ model: `${CLAUDE}@healthy` }]
  return { name, api: 'messages', stream: true, backup, weight: 1, ...told }
}
