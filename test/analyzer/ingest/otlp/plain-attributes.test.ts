import { describe, expect, test } from 'vitest'
import { JSON_DEPTH_MAX } from '../../../../analyzer/ingest/limits.ts'
import { JsonMembers } from '../../../../analyzer/ingest/otlp/json-members.ts'
import { JsonTape } from '../../../../analyzer/ingest/otlp/json-tape.ts'
import { PlainAttributes } from '../../../../analyzer/ingest/otlp/plain-attributes.ts'
import { ProtobufWriter } from '../../../../analyzer/ingest/otlp/protobuf-writer.ts'

const plain = new PlainAttributes()
const tape = new JsonTape({ plain })

/** In a list with one before and one behind it. */
function listed(attribute: string): Buffer {
  return Buffer.from(`[0,${attribute},{"key":"last","value":{"intValue":"1"}}]`)
}

function isPlain(attribute: string): boolean {
  tape.read(listed(attribute))
  return tape.isPlain(2)
}

function written(attribute: string, field = 9): string {
  tape.read(listed(attribute))
  const writer = new ProtobufWriter()
  plain.setField(tape.plainStart(2), field)
  plain.copy(writer, tape.plainStart(2), tape.plainEnd(2))
  return writer.finish().toString('hex')
}

function expected(type: number, write: (value: ProtobufWriter) => void): string {
  const writer = new ProtobufWriter()
  writer.messageField(type, (attribute) => {
    attribute.stringField(1, 'a.b')
    attribute.messageField(2, write)
  })
  return writer.finish().toString('hex')
}

const of = (value: string): string => `{"key":"a.b","value":{${value}}}`

describe('an attribute of the form that nearly all have', () => {
  test('is written as protobuf has it', () => {
    const text = 'é'.repeat(100)
    expect(written(of(`"stringValue":"${text}"`))).toBe(
      expected(9, (value) => value.stringField(1, text)),
    )
    expect(written(of('"stringValue":""'))).toBe(expected(9, (value) => value.stringField(1, '')))
    expect(written(of('"boolValue":true'))).toBe(expected(9, (value) => value.varintField(2, 1)))
    expect(written(of('"boolValue":false'))).toBe(expected(9, (value) => value.varintField(2, 0)))
  })

  test.each([0, 127, 128, 2 ** 28, 2 ** 32, 2 ** 35 - 1, 2 ** 35, 2 ** 42, 2 ** 49, 1e15 - 1])(
    'may hold the number %d, as text or not',
    (number) => {
      const integer = expected(9, (value) => value.varintField(3, BigInt(number)))
      expect(written(of(`"intValue":"${number}"`))).toBe(integer)
      expect(written(of(`"intValue":${number}`))).toBe(integer)
    },
  )

  test.each(['0', '-0', '0.1', '-12.5', '0.028084', '123456789.012345', '0.00000000000001'])(
    'may hold the number %s, to its last bit',
    (number) => {
      expect(written(of(`"doubleValue":${number}`))).toBe(
        expected(9, (value) => value.doubleField(4, Number(number))),
      )
    },
  )

  test('may hold a number with zeros before it where it is text', () => {
    expect(written(of('"intValue":"007"'))).toBe(expected(9, (value) => value.varintField(3, 7)))
  })

  test('is the field that the message has it in', () => {
    expect(written(of('"intValue":"7"'), 3)).toBe(expected(3, (value) => value.varintField(3, 7)))
  })

  test('has no members that are known elsewhere', () => {
    const members = new JsonMembers(['key', 'value'])
    tape.read(listed(of('"intValue":"7"')))
    expect(members.read(tape, 2)).toBe(true)
    expect([members.at(0), members.at(1)]).toEqual([-1, -1])
  })
})

describe('an attribute of any other form is left to others', () => {
  test.each([
    '{"key":"a" ,"value":{"intValue":"1"}}',
    '{ "key":"a","value":{"intValue":"1"}}',
    '{"key":"a","value":{"intValue": "1"}}',
    '{"value":{"intValue":"1"},"key":"a"}',
    '{"key":"a","value":{"intValue":"1"},"key":"b"}',
    '{"key":"a","value":{"intValue":"1","boolValue":true}}',
    '{"key":"a\\n","value":{"intValue":"1"}}',
    '{"key":"a","value":{"stringValue":"a\\n"}}',
    '{"key":"a","value":{"stringValue":1}}',
    '{"key":"a","value":{"boolValue":null}}',
    '{"key":"a","value":{"boolValue":"true"}}',
    '{"key":"a","value":{"intValue":"-1"}}',
    '{"key":"a","value":{"intValue":-1}}',
    '{"key":"a","value":{"intValue":1.5}}',
    '{"key":"a","value":{"intValue":""}}',
    '{"key":"a","value":{"intValue":"1000000000000000"}}',
    '{"key":"a","value":{"doubleValue":"NaN"}}',
    '{"key":"a","value":{"doubleValue":1e3}}',
    '{"key":"a","value":{"doubleValue":0.1234567890123456}}',
    '{"key":"a","value":{"bytesValue":"AAAA"}}',
    '{"key":"a","value":{"arrayValue":{"values":[]}}}',
    '{"key":"a","value":{"stringValuE":"a"}}',
    '{"key":"a","valuE":{"stringValue":"a"}}',
    '{"keY":"a","value":{"stringValue":"a"}}',
    '{"key":"a"}',
  ])('%s', (attribute) => {
    expect(isPlain('{"key":"a","value":{"stringValue":"a"}}')).toBe(true)
    expect(isPlain(attribute)).toBe(false)
  })

  test.each([
    ['{"key":"a","value":{"intValue":01}}', 35],
    ['{"key":"a","value":{"intValue":1]}', 35],
    ['{"key":"a","value":{"doubleValue":01.5}}', 38],
    ['{"key":"a","value":{"doubleValue":1.}}', 39],
    ['{"key":"a","value":{"stringValue":"a}}', 44],
    ['{"key":"a","value":{"boolValue":trua}}', 38],
  ])('%s, which is found not to be JSON', (attribute, at) => {
    expect(() => {
      tape.read(listed(attribute))
    }).toThrow(`not JSON: its byte ${at} was not expected`)
  })

  test('where it is cut short', () => {
    const text = listed(of('"stringValue":"abcdefghijklmnopqrstuvwxyz"'))
    for (let length = 0; length < text.length; length += 1) {
      expect(() => {
        tape.read(text.subarray(0, length))
      }).toThrow('the body is not JSON: it ends in the middle')
    }
  })
})

function nested(depth: number): Buffer {
  return Buffer.from(`${'['.repeat(depth)}${of('"intValue":"1"')}${']'.repeat(depth)}`)
}

describe('limits', () => {
  test('count all that it consists of', () => {
    const text = listed(of('"intValue":"1"'))
    // Of the list, its two commas, and three for each of the attributes.
    new JsonTape({ plain, nodesMax: 9 }).read(text)
    expect(() => {
      new JsonTape({ plain, nodesMax: 8 }).read(text)
    }).toThrow('the body is more than 8 values')
  })

  test('count the object within it', () => {
    const outside = JSON_DEPTH_MAX - 2
    tape.read(nested(outside))
    expect(tape.isPlain(outside)).toBe(true)
    expect(() => {
      tape.read(nested(outside + 1))
    }).toThrow(`nested deeper than ${JSON_DEPTH_MAX} levels`)
  })
})
