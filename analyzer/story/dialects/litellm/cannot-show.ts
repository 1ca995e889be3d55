import type { Sender } from '../../sender.ts'

/**
 * What LiteLLM's spans were seen not to show, by release, mode and API: 1.83, 1.90, 1.95, 1.97 and
 * 1.109 were run and broken for real. In between stands what was read in the released code.
 */
export function litellmCannotShow(sender: Sender): readonly string[] {
  const minor = minorOf(sender)
  const who = nameOf(sender, minor)
  return BLIND_SPOTS.filter(({ holds }) => holds(sender, minor ?? NaN)).map(
    ({ what }) => `${who}’s spans cannot show ${what}.`,
  )
}

/** Attempts stand on the root up to 1.84 alone, whatever else the spans hold. */
function minorOf({ minor, mode }: Sender): number | undefined {
  return minor ?? (mode === 'proxy, attempts on the root' ? 83 : undefined)
}

interface BlindSpot {
  /** A release that nothing tells is `NaN`: it compares with none. */
  readonly holds: (sender: Sender, minor: number) => boolean
  readonly what: string
}

const BLIND_SPOTS: readonly BlindSpot[] = [
  {
    holds: ({ api }, minor) => api === 'chat' && minor < 94,
    what: 'a connection that broke in mid-stream: it is ended as a whole answer',
  },
  {
    holds: ({ api }, minor) => api === 'chat' && minor >= 94 && minor < 109,
    what: 'a stream of /v1/chat/completions that ended without its finish reason: one is made up',
  },
  {
    holds: ({ api }) => api === 'messages',
    what: 'a truncation on /v1/messages: a stream that ends early looks like a whole answer',
  },
  {
    holds: ({ api }, minor) => api === 'messages' && minor >= 97,
    what: 'an error event in mid-stream on /v1/messages: its spans say success',
  },
  {
    holds: ({ api }, minor) => api === 'responses' && minor >= 85 && minor < 109,
    what: 'a stall on /v1/responses: the call is never closed, and has no span',
  },
  {
    // From 1.109 on, FastAPI's own span tells of it where LiteLLM sets a global tracer provider.
    holds: ({ dialect }, minor) => minor >= 97 && (minor < 109 || dialect === 'litellm-v2'),
    what: 'that a client left in mid-stream: its request looks whole',
  },
  {
    holds: ({ dialect }, minor) => dialect === 'litellm-v1' && minor >= 85,
    what: 'every attempt that failed before the response headers: only the first has a span',
  },
  {
    holds: ({ dialect, mode }, minor) =>
      dialect === 'litellm-v2' && minor >= 109 && mode === 'proxy without a SERVER span',
    what: 'which deployments were picked: those events are on the SERVER span alone',
  },
  {
    holds: ({ dialect, mode }) =>
      dialect === 'litellm-v2' && mode === 'proxy without a SERVER span',
    what: 'what its client got: without opentelemetry-instrumentation-fastapi it has no SERVER span',
  },
  {
    holds: ({ dialect }, minor) => dialect === 'litellm-v2' && minor < 109,
    what: 'which target failed in mid-stream, where a fallback followed: it bears the fallback’s name',
  },
]

/** v2 says its release; of v1, the keys on its spans tell between which two releases it stands. */
function nameOf({ dialect }: Sender, minor: number | undefined): string {
  if (minor === undefined) return 'LiteLLM'
  if (dialect === 'litellm-v2') return `LiteLLM 1.${minor}`
  return V1_NAMES.get(minor) ?? `LiteLLM 1.${minor}`
}

const V1_NAMES: ReadonlyMap<number, string> = new Map([
  [83, 'LiteLLM up to 1.84'],
  [90, 'LiteLLM 1.85 to 1.94'],
  [95, 'LiteLLM 1.95 or 1.96'],
  [97, 'LiteLLM 1.97 to 1.108'],
  [109, 'LiteLLM since 1.109'],
])
