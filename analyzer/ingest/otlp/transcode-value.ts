import { RejectedError } from './rejections.ts'
import { isObject, type JsonObject, listOf, textOf } from './parse-json.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export function writeAttributes(
  writer: ProtobufWriter,
  field: number,
  attributes: readonly unknown[],
): void {
  for (const attribute of attributes) {
    if (!isObject(attribute)) throw new RejectedError('not-a-span')
    writeKeyValue(writer, field, attribute)
  }
}

function writeKeyValue(writer: ProtobufWriter, field: number, entry: JsonObject): void {
  const mark = writer.open(field)
  writer.stringField(1, textOf(entry, 'key'))
  writeStringIndex(writer, 3, entry['keyStrindex'])
  writeValue(writer, 2, entry['value'])
  writer.close(mark)
}

/** `AnyValue`: the first known key of it counts; none is an empty value, which OTLP allows. */
function writeValue(writer: ProtobufWriter, field: number, value: unknown): void {
  const mark = writer.open(field)
  if (isObject(value)) writeAnyValue(writer, value)
  writer.close(mark)
}

function writeAnyValue(writer: ProtobufWriter, value: JsonObject): void {
  const { stringValue, boolValue, intValue, doubleValue, bytesValue } = value
  if (typeof stringValue === 'string') writer.stringField(1, stringValue)
  else if (typeof boolValue === 'boolean') writer.varintField(2, boolValue ? 1 : 0)
  else if (intValue !== undefined) writeInteger(writer, intValue)
  else if (doubleValue !== undefined) writeDouble(writer, doubleValue)
  else if (typeof bytesValue === 'string') {
    writer.bytesField(7, Buffer.from(bytesValue, 'base64'))
  } else writeCompound(writer, value)
}

function writeCompound(writer: ProtobufWriter, value: JsonObject): void {
  const { arrayValue, kvlistValue } = value
  if (isObject(arrayValue)) {
    const mark = writer.open(5)
    for (const item of listOf(arrayValue, 'values')) writeValue(writer, 1, item)
    writer.close(mark)
  } else if (isObject(kvlistValue)) {
    const mark = writer.open(6)
    for (const entry of listOf(kvlistValue, 'values')) {
      if (isObject(entry)) writeKeyValue(writer, 1, entry)
    }
    writer.close(mark)
  } else writeStringIndex(writer, 8, value['stringValueStrindex'])
}

const INTEGER = /^-?\d{1,20}$/u

function writeInteger(writer: ProtobufWriter, value: unknown): void {
  if (typeof value === 'number') {
    // Some senders write every number so; one that is no integer keeps its value.
    if (Number.isSafeInteger(value)) writer.varintField(3, value)
    else writer.doubleField(4, value)
  } else if (typeof value === 'string' && INTEGER.test(value)) {
    const number = Number(value)
    writer.varintField(3, Number.isSafeInteger(number) ? number : BigInt(value))
  }
}

/** Protobuf's JSON mapping writes the three numbers that JSON has no word for as text. */
function writeDouble(writer: ProtobufWriter, value: unknown): void {
  if (typeof value === 'number') writer.doubleField(4, value)
  else if (typeof value === 'string' && value !== '') writer.doubleField(4, Number(value))
}

/** Into a string table, which traces have none of; whoever strips the value says so. */
function writeStringIndex(writer: ProtobufWriter, field: number, value: unknown): void {
  if (typeof value === 'number' && Number.isSafeInteger(value)) writer.varintField(field, value)
}
