import type { Api } from '../vocabulary.ts'
import { chatProtocol } from './chat/chat-protocol.ts'
import { messagesProtocol } from './messages/messages-protocol.ts'
import type { Protocol } from './protocol.ts'
import { responsesProtocol } from './responses/responses-protocol.ts'

/** The registry: a wire protocol is one folder and one line here. */
const protocols: Readonly<Record<Api, Protocol>> = {
  chat: chatProtocol,
  messages: messagesProtocol,
  responses: responsesProtocol,
}

export function protocolOf(api: Api): Protocol {
  return protocols[api]
}
