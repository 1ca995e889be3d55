import type { Attributes } from '@opentelemetry/api'
import { AttributeEncoder } from './attribute-encoder.ts'
import { ProtobufWriter, fieldBytes } from './protobuf-writer.ts'

/** Fields of `ExportTraceServiceRequest` and what it holds, in opentelemetry-proto v1. */
const TAG_RESOURCE_SPANS = 0x0a
const TAG_RESOURCE = 0x0a
const TAG_RESOURCE_ATTRIBUTES = 0x0a
const TAG_SCOPE_SPANS = 0x12
const TAG_SCOPE = 0x0a
const TAG_SCOPE_NAME = 0x0a
const TAG_SCOPE_VERSION = 0x12

/** Who recorded spans, as it stands in the bytes before them. */
export interface Origin {
  /** The `resource` field of a `ResourceSpans`. */
  readonly resource: Uint8Array
  /** The `scope` field of a `ScopeSpans`. */
  readonly scope: Uint8Array
}

export interface OriginOptions {
  readonly resource: Attributes
  readonly scopeName: string
  readonly scopeVersion: string
}

/** The spans of one request, encoded; see `SpanEncoder`. */
export interface SpanGroup {
  readonly bytes: Uint8Array
  readonly spans: number
  /**
   * Failed or rescued: kept before the others. Not `rejected`, which anyone without a key can make
   * any number of.
   */
  readonly important: boolean
  readonly origin: Origin
}

export function encodeOrigin({ resource, scopeName, scopeVersion }: OriginOptions): Origin {
  const out = new ProtobufWriter(ORIGIN_BYTES)
  // The operator's own words about this process, not somebody's message: nothing to scrub.
  const scrubber = { scrub: (text: string) => text }
  const resourceStart = out.open(TAG_RESOURCE)
  for (const [key, value] of Object.entries(resource)) {
    if (value === undefined) continue
    new AttributeEncoder({ key, tag: TAG_RESOURCE_ATTRIBUTES, scrubber }).encode(value, out)
  }
  out.close(resourceStart)
  const encoded = out.take()
  const scopeStart = out.open(TAG_SCOPE)
  out.field(TAG_SCOPE_NAME, Buffer.from(scopeName))
  out.field(TAG_SCOPE_VERSION, Buffer.from(scopeVersion))
  out.close(scopeStart)
  return { resource: encoded, scope: out.take() }
}

/** The body of `POST /v1/traces`: each origin once, its groups behind it. */
export function encodeExport(groups: readonly SpanGroup[]): Uint8Array {
  const byOrigin = new Map<Origin, Uint8Array[]>()
  for (const { origin, bytes } of groups) {
    const known = byOrigin.get(origin)
    if (known === undefined) byOrigin.set(origin, [bytes])
    else known.push(bytes)
  }
  const head = new ProtobufWriter(ORIGIN_BYTES)
  const pieces: Uint8Array[] = []
  for (const [{ resource, scope }, spans] of byOrigin) {
    const scopeSize = spans.reduce((sum, bytes) => sum + bytes.length, scope.length)
    head.byte(TAG_RESOURCE_SPANS)
    head.varint(resource.length + fieldBytes(scopeSize))
    head.raw(resource)
    head.byte(TAG_SCOPE_SPANS)
    head.varint(scopeSize)
    head.raw(scope)
    pieces.push(head.take(), ...spans)
  }
  return Buffer.concat(pieces)
}

/** A resource and a scope are a few names; the buffer grows where they are more. */
const ORIGIN_BYTES = 1024
