import type { UpstreamRequest, UpstreamRequestInput } from './protocol.ts'
import { objectOf, toBytes } from './json.ts'
import type { JsonObject } from './json.ts'
import { payloadShape } from './payload-shape.ts'

export function buildUpstreamRequest(input: UpstreamRequestInput): UpstreamRequest {
  const { request, model } = input
  const body: JsonObject = {
    ...request.body,
    model,
    ...(request.stream
      ? {
          stream_options: {
            ...objectOf(request.body, 'stream_options'),
            include_usage: true,
          },
        }
      : {}),
  }
  const bytes = toBytes(JSON.stringify(body))
  return {
    kind: 'built',
    body: bytes,
    shape: payloadShape(body, bytes.length),
    messagesAdded: 0,
    dropped: [],
    changed: false,
  }
}
