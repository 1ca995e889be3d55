import type { Encoding } from '../../analyzer/ingest/decode-otlp.ts'
import { decodeContext, decodeSpan } from '../../analyzer/ingest/otlp/decode-span.ts'
import { Rejections } from '../../analyzer/ingest/otlp/rejections.ts'
import { ProtobufReader } from '../../analyzer/ingest/otlp/protobuf-reader.ts'
import { ProtobufWriter } from '../../analyzer/ingest/otlp/protobuf-writer.ts'
import type { SpanContext } from '../../analyzer/ingest/otlp/span-context.ts'
import { JsonTranscoder } from '../../analyzer/ingest/otlp/transcode-json.ts'
import { walkRequest } from '../../analyzer/ingest/otlp/walk-request.ts'
import type { Span } from '../../analyzer/story/span.ts'

/** What a sender wrote, with nothing stripped from it; throws where that is not as it should be. */
export function readOtlp(body: Uint8Array, encoding: Encoding = 'protobuf'): readonly Span[] {
  const rejections = new Rejections()
  const request = encoding === 'json' ? new JsonTranscoder().toProtobuf(body, rejections) : body
  if (rejections.total > 0) throw new Error(JSON.stringify(rejections.reasons()))
  const reader = new ProtobufReader(request)
  const spans: Span[] = []
  let context: SpanContext | undefined
  walkRequest(reader, {
    context: (resource, scope) => {
      const writer = new ProtobufWriter()
      writer.bytesField(1, reader.source.subarray(resource.start, resource.end))
      writer.bytesField(2, reader.source.subarray(scope.start, scope.end))
      context = decodeContext(writer.take())
    },
    span: () => {
      if (context === undefined) throw new Error('a span without a scope')
      spans.push(decodeSpan(reader.source.subarray(reader.position, reader.end), context))
    },
  })
  return spans
}
