import type { Api } from '../../vocabulary.ts'
import type { JsonObject } from '../json.ts'
import type { ClientRequest } from '../protocol.ts'
import type { Conversation } from './conversation.ts'
import { readChatRequest } from './read-chat-request.ts'
import { readMessagesRequest } from './read-messages-request.ts'
import { readResponsesRequest } from './read-responses-request.ts'
import { TranslationNotes } from './translation-notes.ts'
import type { Untranslatable } from './translation-notes.ts'
import { writeChatRequest } from './write-chat-request.ts'
import { writeMessagesRequest } from './write-messages-request.ts'
import { writeResponsesRequest } from './write-responses-request.ts'
import type { WriteTarget } from './write-target.ts'

/** A request body in the target's protocol, or the field that cannot be said there honestly. */
export type Translation =
  | {
      readonly kind: 'translated'
      readonly body: JsonObject
      /** Fields without a word in the target's protocol that change no more than quality. */
      readonly dropped: readonly string[]
    }
  | Untranslatable

type Reader = (body: JsonObject, notes: TranslationNotes) => Conversation
type Writer = (
  conversation: Conversation,
  target: WriteTarget,
  notes: TranslationNotes,
) => JsonObject

const READERS: Readonly<Record<Api, Reader>> = {
  chat: readChatRequest,
  responses: readResponsesRequest,
  messages: readMessagesRequest,
}

const WRITERS: Readonly<Record<Api, Writer>> = {
  chat: writeChatRequest,
  responses: writeResponsesRequest,
  messages: writeMessagesRequest,
}

/** A client's request in another protocol, without the model's name. */
export function translateRequest(
  { api, body }: ClientRequest,
  targetApi: Api,
  target: WriteTarget,
): Translation {
  const notes = new TranslationNotes()
  const conversation = READERS[api](body, notes)
  const written = WRITERS[targetApi](conversation, target, notes)
  return notes.refusal ?? { kind: 'translated', body: written, dropped: notes.dropped }
}
