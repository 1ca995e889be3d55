import type { Api } from '../vocabulary.ts'
import { chatProtocol } from './chat/chat-protocol.ts'
import { messagesProtocol } from './messages/messages-protocol.ts'
import type { Protocol } from './protocol.ts'

/** The registry: a wire protocol is one folder and one line here. */
const protocols: Readonly<Partial<Record<Api, Protocol>>> = {
  chat: chatProtocol,
  messages: messagesProtocol,
}

/** The protocol behind a path that we serve; asking for one that we do not is a defect of ours. */
export function protocolOf(api: Api): Protocol {
  const protocol = protocols[api]
  if (protocol === undefined) throw new Error(`no protocol is registered for ${api}`)
  return protocol
}
