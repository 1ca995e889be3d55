import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Origin } from '../../../../collector/telemetry/encode-export.ts'
import {
  encodeGroupRecord,
  encodeOriginRecord,
  scanSegment,
} from '../../../../collector/telemetry/spool/segment.ts'

const HERE: Origin = { resource: Buffer.from('this process'), scope: Buffer.from('scope') }
const THERE: Origin = { resource: Buffer.from('an earlier one'), scope: Buffer.from('scope 0.1') }

/** Three requests; the second one's bytes hold the mark that records begin with. */
const GROUPS = ['first request', '\u{9e}SW second \x9e\x53\x57\xc5', 'third'].map(
  (text, index) => ({
    bytes: Buffer.from(text, 'latin1'),
    spans: index + 2,
  }),
)
const RECORDS = GROUPS.map(encodeGroupRecord)
const FILE = Buffer.concat([encodeOriginRecord(THERE), ...RECORDS])

const textsOf = (file: Buffer) =>
  scanSegment(file, HERE).groups.map(({ bytes }) => Buffer.from(bytes).toString('latin1'))
const TEXTS = textsOf(FILE)

/** Offsets at which records begin, the origin's first. */
const STARTS = [encodeOriginRecord(THERE), ...RECORDS].reduce<number[]>(
  (starts, record) => [...starts, (starts.at(-1) ?? 0) + record.length],
  [0],
)

describe('a segment', () => {
  test('gives back what was written: bytes, spans and who recorded them', () => {
    const { groups, damaged } = scanSegment(FILE, HERE)
    expect(TEXTS).toEqual(GROUPS.map(({ bytes }) => bytes.toString('latin1')))
    expect(groups.map(({ spans }) => spans)).toEqual([2, 3, 4])
    expect(Buffer.from(groups[0]?.origin.resource ?? []).toString()).toBe('an earlier one')
    expect(Buffer.from(groups[0]?.origin.scope ?? []).toString()).toBe('scope 0.1')
    expect(damaged).toBe(0)
  })

  test('loses only the record that was being written, wherever the file ends', () => {
    for (let length = 0; length <= FILE.length; length += 1) {
      const whole = STARTS.slice(2).filter((end) => end <= length).length
      const { damaged } = scanSegment(FILE.subarray(0, length), HERE)
      expect({ length, texts: textsOf(FILE.subarray(0, length)) }).toEqual({
        length,
        texts: TEXTS.slice(0, whole),
      })
      expect(damaged > 0).toBe(!STARTS.includes(length))
    }
  })

  test('loses only the record that a flipped bit is in, whichever bit it is', () => {
    for (let bit = 0; bit < FILE.length * 8; bit += 1) {
      const damagedFile = Buffer.from(FILE)
      const byte = Math.floor(bit / 8)
      damagedFile[byte] = (damagedFile[byte] ?? 0) ^ (1 << (bit % 8))
      const record = STARTS.findLastIndex((start) => start <= byte)
      expect({ bit, texts: textsOf(damagedFile) }).toEqual({
        bit,
        texts: TEXTS.filter((_, index) => index !== record - 1),
      })
      expect(scanSegment(damagedFile, HERE).damaged).toBeGreaterThan(0)
    }
  })

  test('takes this process for the recorder where the file can no longer say', () => {
    const { groups } = scanSegment(FILE.subarray(1), HERE)
    expect(groups.map(({ origin }) => origin)).toEqual([HERE, HERE, HERE])
  })

  test('reads any bytes, and makes no group of what is none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(FILE.length), (noise, at) => {
        const bytes = Buffer.concat([FILE.subarray(0, at), noise, FILE.subarray(at)])
        const { groups } = scanSegment(bytes, HERE)
        for (const { bytes: group } of groups) {
          expect(TEXTS).toContain(Buffer.from(group).toString('latin1'))
        }
      }),
    )
  })
})
