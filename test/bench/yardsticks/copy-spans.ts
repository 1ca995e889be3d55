/**
 * The least that can be done with a body and still have spans: walks tags and lengths down to the
 * spans, and copies each as it came. Nothing is checked, nothing is stripped. How many there are.
 */
export function copySpans(body: Buffer): number {
  const copies: Buffer[] = []
  eachMessage(body, 1, (resourceSpans) =>
    eachMessage(resourceSpans, 2, (scopeSpans) =>
      eachMessage(scopeSpans, 2, (span) => copies.push(Buffer.from(span))),
    ),
  )
  return copies.length
}

const VARINT = 0
const FIXED64 = 1
const BYTES = 2

function eachMessage(bytes: Buffer, field: number, visit: (message: Buffer) => void): void {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at] ?? 0
      at += 1
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const wireType = tag & 7
    if (wireType === BYTES) {
      const length = varint()
      if (tag >>> 3 === field) visit(bytes.subarray(at, at + length))
      at += length
    } else if (wireType === VARINT) varint()
    else at += wireType === FIXED64 ? 8 : 4
  }
}
