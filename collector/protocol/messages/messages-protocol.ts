import { payloadShape } from '../payload-shape.ts'
import type { Protocol } from '../protocol.ts'
import { readErrorBody } from '../read-error.ts'
import { decodeMessagesAnswer, encodeMessagesAnswer } from './messages-answer.ts'
import { createMessagesDecoder } from './messages-decoder.ts'
import { createMessagesEncoder } from './messages-encoder.ts'
import { encodeMessagesError } from './messages-error.ts'
import { parseMessagesRequest } from './parse-messages-request.ts'

/** Anthropic Messages. */
export const messagesProtocol: Protocol = {
  api: 'messages',
  parseRequest: parseMessagesRequest,
  shapeOf: ({ body, source }) => payloadShape(body, source.bytes.length),
  createDecoder: createMessagesDecoder,
  createEncoder: createMessagesEncoder,
  decodeAnswer: decodeMessagesAnswer,
  encodeAnswer: encodeMessagesAnswer,
  decodeError: readErrorBody,
  encodeError: encodeMessagesError,
}
