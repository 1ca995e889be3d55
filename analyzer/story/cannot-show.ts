import { DIALECTS } from './dialects/index.ts'
import type { Sender } from './sender.ts'

/** Nobody reads more, and hostile scopes make no more. */
const SENTENCES_MAX = 32

/** What the spans of these senders cannot show, each sentence once. */
export function cannotShow(senders: readonly Sender[]): readonly string[] {
  const sentences = senders.flatMap(
    (sender) => DIALECTS.find(({ name }) => name === sender.dialect)?.cannotShow(sender) ?? [],
  )
  return [...new Set(sentences)].slice(0, SENTENCES_MAX)
}
