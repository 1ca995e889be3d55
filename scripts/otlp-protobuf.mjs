// Reads an ExportTraceServiceRequest as OTLP/JSON (opentelemetry-proto, trace/v1 and common/v1).
// Several requests in a row are one: protobuf concatenates repeated fields. For the tools of this
// folder only; the analyzer's own decoder takes hostile input, this one takes our recordings.

const ANY_VALUE = () => ({
  1: ['stringValue', 'string'],
  2: ['boolValue', 'bool'],
  3: ['intValue', 'int64'],
  4: ['doubleValue', 'double'],
  5: ['arrayValue', { 1: ['values', ANY_VALUE, 'repeated'] }],
  6: ['kvlistValue', { 1: ['values', KEY_VALUE, 'repeated'] }],
  7: ['bytesValue', 'base64'],
})
const KEY_VALUE = { 1: ['key', 'string'], 2: ['value', ANY_VALUE] }
const EVENT = {
  1: ['timeUnixNano', 'fixed64'],
  2: ['name', 'string'],
  3: ['attributes', KEY_VALUE, 'repeated'],
  4: ['droppedAttributesCount', 'uint'],
}
const LINK = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['attributes', KEY_VALUE, 'repeated'],
  5: ['droppedAttributesCount', 'uint'],
  6: ['flags', 'fixed32'],
}
const SPAN = {
  1: ['traceId', 'hex'],
  2: ['spanId', 'hex'],
  3: ['traceState', 'string'],
  4: ['parentSpanId', 'hex'],
  5: ['name', 'string'],
  6: ['kind', 'uint'],
  7: ['startTimeUnixNano', 'fixed64'],
  8: ['endTimeUnixNano', 'fixed64'],
  9: ['attributes', KEY_VALUE, 'repeated'],
  10: ['droppedAttributesCount', 'uint'],
  11: ['events', EVENT, 'repeated'],
  12: ['droppedEventsCount', 'uint'],
  13: ['links', LINK, 'repeated'],
  14: ['droppedLinksCount', 'uint'],
  15: ['status', { 2: ['message', 'string'], 3: ['code', 'uint'] }],
  16: ['flags', 'fixed32'],
}
const SCOPE_SPANS = {
  1: [
    'scope',
    {
      1: ['name', 'string'],
      2: ['version', 'string'],
      3: ['attributes', KEY_VALUE, 'repeated'],
      4: ['droppedAttributesCount', 'uint'],
    },
  ],
  2: ['spans', SPAN, 'repeated'],
  3: ['schemaUrl', 'string'],
}
const RESOURCE_SPANS = {
  1: [
    'resource',
    { 1: ['attributes', KEY_VALUE, 'repeated'], 2: ['droppedAttributesCount', 'uint'] },
  ],
  2: ['scopeSpans', SCOPE_SPANS, 'repeated'],
  3: ['schemaUrl', 'string'],
}

export function decodeExport(bytes) {
  return decode(bytes, { 1: ['resourceSpans', RESOURCE_SPANS, 'repeated'] })
}

function decode(bytes, fieldsOrLazy) {
  const fields = typeof fieldsOrLazy === 'function' ? fieldsOrLazy() : fieldsOrLazy
  const message = {}
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at]
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const raw = readRaw(tag & 7)
    const [name, type, repeated] = fields[tag >> 3] ?? []
    // A field that this table does not know is younger than it: left out.
    if (name === undefined) continue
    const value = typeof type === 'string' ? SCALARS[type](raw) : decode(raw, type)
    if (repeated) (message[name] ??= []).push(value)
    else message[name] = value
  }
  return message

  function readRaw(wireType) {
    if (wireType === 0) return varint()
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : Number(varint())
    at += length
    return bytes.subarray(at - length, at)
  }
}

const SCALARS = {
  string: (raw) => raw.toString('utf8'),
  bool: (raw) => raw !== 0n,
  int64: (raw) => BigInt.asIntN(64, raw).toString(),
  uint: Number,
  double: (raw) => raw.readDoubleLE(0),
  fixed64: (raw) => raw.readBigUInt64LE(0).toString(),
  fixed32: (raw) => raw.readUInt32LE(0),
  hex: (raw) => raw.toString('hex'),
  base64: (raw) => raw.toString('base64'),
}
