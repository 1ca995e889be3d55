import { type ProtobufReader, WIRE_BYTES } from './protobuf-reader.ts'

/** The content of an embedded message; empty where there is none. */
export interface Place {
  readonly start: number
  readonly end: number
}

export interface RequestVisitor {
  /** Of the spans that follow. */
  context(resource: Place, scope: Place): void
  /** The reader stands in the span, and may be left anywhere. */
  span(): void
}

/** `ResourceSpans` and `ScopeSpans` alike: what is shared is field 1, what shares it field 2. */
const SHARED = 1
const SHARING = 2

const NOWHERE: Place = { start: 0, end: 0 }

/**
 * Finds the spans of an `ExportTraceServiceRequest`; several in a row are one, as protobuf has it
 * for repeated fields. Field numbers are those of opentelemetry-proto. Throws `MalformedError`.
 */
export function walkRequest(reader: ProtobufReader, visitor: RequestVisitor): void {
  while (reader.next()) {
    if (!reader.is(1, WIRE_BYTES)) {
      reader.skip()
      continue
    }
    const outerEnd = reader.enter()
    const end = reader.end
    walkResourceSpans(reader, visitor)
    reader.seek(end, outerEnd)
  }
}

function walkResourceSpans(reader: ProtobufReader, visitor: RequestVisitor): void {
  const resource = findShared(reader)
  const { end } = reader
  let isEmpty = true
  while (reader.next()) {
    if (!reader.is(SHARING, WIRE_BYTES)) {
      reader.skip()
      continue
    }
    isEmpty = false
    reader.enter()
    const scopeEnd = reader.end
    visitor.context(resource, findShared(reader))
    walkScopeSpans(reader, visitor)
    reader.seek(scopeEnd, end)
  }
  if (isEmpty) visitor.context(resource, NOWHERE)
}

function walkScopeSpans(reader: ProtobufReader, visitor: RequestVisitor): void {
  const { end } = reader
  while (reader.next()) {
    if (!reader.is(SHARING, WIRE_BYTES)) {
      reader.skip()
      continue
    }
    reader.enter()
    const spanEnd = reader.end
    visitor.span()
    reader.seek(spanEnd, end)
  }
}

/** Fields may come in any order: a resource that stands after its spans is still theirs. */
function findShared(reader: ProtobufReader): Place {
  const { position, end } = reader
  let shared = NOWHERE
  while (reader.next()) {
    if (reader.is(SHARED, WIRE_BYTES)) {
      const outerEnd = reader.enter()
      shared = { start: reader.position, end: reader.end }
      reader.leave(outerEnd)
    } else reader.skip()
  }
  reader.seek(position, end)
  return shared
}
