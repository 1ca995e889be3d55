import { ProtobufReader } from '../../collector/telemetry/protobuf-reader.ts'

/** Type of an attribute's value as it stands in the bytes. */
export type WireType = 'string' | 'bool' | 'int' | 'double' | 'string[]'

const TYPES: ReadonlyMap<number, WireType> = new Map([
  [1, 'string'],
  [2, 'bool'],
  [3, 'int'],
  [4, 'double'],
  [5, 'string[]'],
])

export interface WireSpan {
  readonly name: string
  readonly attributes: readonly (readonly [key: string, type: WireType | undefined])[]
}

/** What decoders smooth over: which type each value has on the wire, and keys that come twice. */
export function readWireSpans(body: Uint8Array): readonly WireSpan[] {
  return messages(body, 1).flatMap((resourceSpans) =>
    messages(resourceSpans, 2).flatMap((scopeSpans) =>
      messages(scopeSpans, 2).map((span) => ({
        name: Buffer.from(messages(span, 5)[0] ?? []).toString(),
        attributes: messages(span, 9).map((attribute) => {
          const value = messages(attribute, 2)[0] ?? new Uint8Array()
          return [Buffer.from(messages(attribute, 1)[0] ?? []).toString(), typeOf(value)] as const
        }),
      })),
    ),
  )
}

function typeOf(value: Uint8Array): WireType | undefined {
  return value.length === 0 ? undefined : TYPES.get(new ProtobufReader(value).varint() >>> 3)
}

/** Every field of this number that has a length. */
function messages(message: Uint8Array, wanted: number): readonly Uint8Array[] {
  const reader = new ProtobufReader(message)
  const found: Uint8Array[] = []
  while (!reader.atEnd) {
    const tag = reader.varint()
    const wireType = tag & 7
    if (wireType === 0) reader.varint()
    else if (wireType === 1) reader.fixed64()
    else if (wireType === 5) reader.fixed32()
    else {
      const bytes = reader.bytes()
      if (tag >>> 3 === wanted) found.push(bytes)
    }
  }
  return found
}
