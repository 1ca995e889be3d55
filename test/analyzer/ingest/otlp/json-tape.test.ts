import {
  array,
  assert,
  boolean,
  constantFrom,
  jsonValue,
  nat,
  pre,
  property,
  tuple,
} from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JSON_DEPTH_MAX } from '../../../../analyzer/ingest/limits.ts'
import { ABSENT, JsonMembers } from '../../../../analyzer/ingest/otlp/json-members.ts'
import { JsonError } from '../../../../analyzer/ingest/otlp/json-error.ts'
import { JsonTape } from '../../../../analyzer/ingest/otlp/json-tape.ts'

const tape = new JsonTape()

/** The value that a token stands for, made from the tape alone. */
function valueOf(token: number): unknown {
  const kind = String.fromCharCode(tape.kind(token))
  if (kind === '"') return tape.text(token)
  if (kind === '{') return Object.fromEntries(membersOf(token))
  if (kind === '[') return tape.itemsOf(token).map(valueOf)
  if (kind === 't' || kind === 'f') return kind === 't'
  return kind === 'n' ? null : tape.number(token)
}

function membersOf(token: number): readonly (readonly [string, unknown])[] {
  const members: (readonly [string, unknown])[] = []
  const end = tape.after(token)
  for (let name = token + 1; name < end; name = tape.after(name + 1)) {
    members.push([tape.text(name), valueOf(name + 1)])
  }
  return members
}

function nested(depth: number): Buffer {
  return Buffer.from('['.repeat(depth) + ']'.repeat(depth))
}

function listOf(values: number): Buffer {
  return Buffer.from(`[${Array.from({ length: values }, () => 0).join(',')}]`)
}

type Outcome = { readonly value: unknown } | 'not JSON'

function read(text: Buffer): Outcome {
  try {
    tape.read(text)
    return { value: valueOf(0) }
  } catch (error: unknown) {
    if (error instanceof JsonError) return 'not JSON'
    throw error
  }
}

function parse(text: Buffer): Outcome {
  try {
    return { value: JSON.parse(text.toString()) }
  } catch {
    return 'not JSON'
  }
}

/** What could be mistaken: the signs of the grammar, and what stands beside them. */
const TELLING_BYTES = Buffer.from('"\\/{}[],:0123456789-+.eEabftnu \t\n\r\u0000\u001f')

describe('a text', () => {
  test('is read as JSON.parse reads it', () => {
    assert(
      property(jsonValue(), constantFrom('', ' ', '\t'), (value, indent) => {
        const text = Buffer.from(JSON.stringify(value, null, indent))
        expect(read(text)).toEqual(parse(text))
      }),
      { numRuns: 500 },
    )
  })

  test('that was changed anywhere is taken or refused as JSON.parse does it', () => {
    const edit = tuple(nat(), constantFrom(...TELLING_BYTES), boolean())
    assert(
      property(jsonValue(), array(edit, { minLength: 1, maxLength: 3 }), (value, edits) => {
        let text = Buffer.from(JSON.stringify(value))
        for (const [where, byte, isAdded] of edits) {
          const at = where % (text.length + 1)
          const rest = text.subarray(isAdded ? at : at + 1)
          text = Buffer.concat([text.subarray(0, at), Buffer.of(byte), rest])
        }
        // In the middle of a character it would be no text at all.
        pre(!text.toString().includes('\uFFFD'))
        expect(read(text)).toEqual(parse(text))
      }),
      { numRuns: 2000 },
    )
  })

  test.each(
    ['""', '"a\\u00e9\\ud83d\\ude00\\n"', '-0.5e+10', '1E-3', ' [ ] ', '{ }', '[1 , [2]]'].map(
      (text) => [text],
    ),
  )('%s is JSON', (text) => {
    expect(read(Buffer.from(text))).toEqual(parse(Buffer.from(text)))
    expect(read(Buffer.from(text))).not.toBe('not JSON')
  })

  test('that is cut anywhere is refused, and the message says so', () => {
    const text = Buffer.from('{"a":[1.5e3,"x\\u0041\\n",true,null,{"b":-1}]}')
    for (let length = 0; length < text.length; length += 1) {
      const cut = text.subarray(0, length)
      expect(() => {
        tape.read(cut)
      }).toThrow('the body is not JSON: it ends in the middle')
    }
  })

  test.each([
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["{'a':1}", 1],
    ['[01]', 2],
    ['[.5]', 1],
    ['"\\x"', 2],
    ['"a\nb"', 2],
    ['[tru]', 4],
    ['[] []', 3],
    ['[NaN]', 1],
  ])('%s is refused, and the message says at which byte', (text, at) => {
    expect(() => {
      tape.read(Buffer.from(text))
    }).toThrow(`the body is not JSON: its byte ${at} was not expected`)
  })

  test('nests as deep as is allowed and no deeper', () => {
    expect(read(nested(JSON_DEPTH_MAX))).not.toBe('not JSON')
    expect(() => {
      tape.read(nested(JSON_DEPTH_MAX + 1))
    }).toThrow(`nested deeper than ${JSON_DEPTH_MAX} levels`)
  })

  test('has as many values as are allowed and no more', () => {
    const small = new JsonTape({ nodesMax: 10 })
    // The bracket counts as one, and so does each comma.
    small.read(listOf(10))
    expect(() => {
      small.read(listOf(11))
    }).toThrow('the body is more than 10 values')
  })
})

describe('the members of an object', () => {
  const members = new JsonMembers(['key', 'value'])
  const tokensOf = (text: string): readonly unknown[] => {
    tape.read(Buffer.from(text))
    members.read(tape, 0)
    return [0, 1].map((slot) => {
      const token = members.at(slot)
      return token === ABSENT ? undefined : valueOf(token)
    })
  }

  test('are found in any order, whatever stands between them', () => {
    expect(tokensOf('{"x":{"key":9},"value":[1],"keys":2,"key":"k"}')).toEqual(['k', [1]])
  })

  test('are found where their names are written with escapes', () => {
    expect(tokensOf('{"k\\u0065y":1,"\\u0076alue":2}')).toEqual([1, 2])
  })

  test('count by the last of one name, as JSON.parse has it', () => {
    expect(tokensOf('{"key":1,"key":2}')).toEqual([2, undefined])
  })

  test('are none of what is no object', () => {
    expect(tokensOf('{"key":1}')).toEqual([1, undefined])
    expect(tokensOf('["key",1]')).toEqual([undefined, undefined])
  })
})
