import { payloadShape } from '../payload-shape.ts'
import type { Protocol } from '../protocol.ts'
import { readErrorBody } from '../read-error.ts'
import { parseResponsesRequest } from './parse-responses-request.ts'
import { decodeResponsesAnswer, encodeResponsesAnswer } from './responses-answer.ts'
import { createResponsesDecoder } from './responses-decoder.ts'
import { createResponsesEncoder } from './responses-encoder.ts'
import { encodeResponsesError } from './responses-error.ts'

/** OpenAI Responses. */
export const responsesProtocol: Protocol = {
  api: 'responses',
  parseRequest: parseResponsesRequest,
  shapeOf: ({ body, source }) => payloadShape(body, source.bytes.length),
  createDecoder: createResponsesDecoder,
  createEncoder: createResponsesEncoder,
  decodeAnswer: decodeResponsesAnswer,
  encodeAnswer: encodeResponsesAnswer,
  decodeError: readErrorBody,
  encodeError: encodeResponsesError,
}
