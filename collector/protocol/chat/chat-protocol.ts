import { payloadShape } from '../payload-shape.ts'
import type { Protocol } from '../protocol.ts'
import { readErrorBody } from '../read-error.ts'
import { decodeChatAnswer, encodeChatAnswer } from './chat-answer.ts'
import { createChatDecoder } from './chat-decoder.ts'
import { createChatEncoder } from './chat-encoder.ts'
import { encodeChatError } from './chat-error.ts'
import { parseChatRequest } from './parse-chat-request.ts'

/** OpenAI Chat Completions, as OpenAI and the many that copy it speak it. */
export const chatProtocol: Protocol = {
  api: 'chat',
  parseRequest: parseChatRequest,
  shapeOf: ({ body, source }) => payloadShape(body, source.bytes.length),
  createDecoder: createChatDecoder,
  createEncoder: createChatEncoder,
  decodeAnswer: decodeChatAnswer,
  encodeAnswer: encodeChatAnswer,
  decodeError: readErrorBody,
  encodeError: encodeChatError,
}
