import { describe, expect, test } from 'vitest'
import { AttributeEncoder } from '../../../collector/telemetry/attribute-encoder.ts'
import { ProtobufWriter } from '../../../collector/telemetry/protobuf-writer.ts'
import { ATTR_FALLBACKS_CONFIGURED } from '../../../collector/vocabulary.ts'

const scrubber = { scrub: (text: string, charsMax: number) => text.slice(0, charsMax) }

function createEncoder(): (value: string | string[]) => string {
  const encoder = new AttributeEncoder({ key: ATTR_FALLBACKS_CONFIGURED, tag: 0x4a, scrubber })
  const out = new ProtobufWriter()
  return (value) => {
    encoder.encode(value, out)
    return Buffer.from(out.take()).toString('hex')
  }
}

/** Values that a memory by their text alone would take for one another. */
const VALUES: readonly (string | string[])[] = [
  [],
  [''],
  ['', ''],
  '',
  '[]',
  ['a', 'b'],
  ['a,b'],
  ['a","b'],
  ['a\u0000b'],
  'a',
  ['a'],
  ['x'.repeat(300)],
  Array.from({ length: 100 }, () => 'y'),
]

describe('AttributeEncoder', () => {
  test('writes a value that comes again as it wrote it first', () => {
    const encode = createEncoder()
    const alone = VALUES.map((value) => createEncoder()(value))

    expect(new Set(alone).size).toBe(VALUES.length)
    expect(VALUES.map(encode)).toEqual(alone)
    expect(VALUES.toReversed().map(encode)).toEqual(alone.toReversed())
  })

  test('goes on where more values come than it keeps', () => {
    const encode = createEncoder()
    const lists = Array.from({ length: 600 }, (_, index) => [`route-${index}`])
    const once = lists.map(encode)

    expect(new Set(once).size).toBe(lists.length)
    expect(lists.map(encode)).toEqual(once)
  })
})
