import type { Sender } from '../../sender.ts'
import { isOpenllmetry } from './openllmetry.ts'

/** What spans of the two conventions cannot show, and what libraries that were run leave out. */
export function inferenceCannotShow(sender: Sender): readonly string[] {
  const who = sender.library ?? 'This application'
  return BLIND_SPOTS.filter(({ holds }) => holds(sender)).map(
    ({ what }) => `Spans of ${who} cannot show ${what}.`,
  )
}

interface BlindSpot {
  readonly holds: (sender: Sender) => boolean
  readonly what: string
}

const BLIND_SPOTS: readonly BlindSpot[] = [
  {
    holds: ({ library = '', api }) =>
      isOpenllmetry(library) && (api === 'chat' || api === 'unknown'),
    what: 'that a stream broke: its span is closed as a success, as where nobody read on',
  },
  {
    holds: ({ library }) => library === 'ai',
    what: 'a stream whose connection broke: it has no span at all',
  },
  {
    holds: ({ library }) => library === 'ai',
    what: 'a stream that ended without its finish reason from one that was read to its end',
  },
  {
    holds: ({ library = '' }) => library !== 'ai',
    what: 'how often a client library retried: one span holds all of it, unless the HTTP client is instrumented too',
  },
  {
    holds: () => true,
    what: 'which fallbacks were configured, and why none was asked: the convention has no word for it',
  },
]
