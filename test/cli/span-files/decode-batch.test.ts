import { expect, test } from 'vitest'

import { OtlpDecoder, type Encoding } from '../../../analyzer/ingest/decode-otlp.ts'
import { ProtobufWriter } from '../../../analyzer/ingest/otlp/protobuf-writer.ts'
import { toSpans } from '../../../cli/classify/held-spans.ts'
import { decodeBatch } from '../../../cli/span-files/decode-batch.ts'
import { toPiece, type Piece } from '../../../cli/span-files/piece.ts'
import { ProtobufFileReader } from '../../../cli/span-files/protobuf-file-reader.ts'
import { buildSpan, jsonSpan, protobufRequest } from '../../support/otlp.ts'

const decoder = new OtlpDecoder({ salt: Buffer.from('salt') })

function decode(encoding: Encoding, pieces: readonly Piece[]) {
  const names: string[] = []
  const rejected: string[] = []
  decodeBatch(
    decoder,
    { encoding, pieces },
    {
      keep: (records) => names.push(...toSpans(records).map(({ name }) => name)),
      reject: (reason, spans) => rejected.push(`${spans} ${reason}`),
    },
  )
  return { names, rejected }
}

function pieceOf(encoding: Encoding, bytes: Buffer): Piece {
  const read = toPiece(encoding, bytes)
  if (read.kind === 'unreadable') throw new Error(read.why)
  return read.piece
}

const spanNamed = (name: string) => buildSpan({ name })

/** Spans of protobuf with one among them that breaks the whole message. */
function brokenPiece(): Piece {
  const spans = ['one', 'two', 'three', 'four'].map((name) => {
    const [found] = new ProtobufFileReader({ hasLengths: false }).push(
      protobufRequest([spanNamed(name)]),
    )
    return found?.kind === 'piece' ? found.piece.bytes : Buffer.alloc(0)
  })
  const writer = new ProtobufWriter()
  writer.messageField(2, (scope) => scope.bytesField(2, Buffer.from([0x0a, 0x7f, 0x01])))
  return pieceOf(
    'protobuf',
    Buffer.concat([...spans.slice(0, 2), writer.finish(), ...spans.slice(2)]),
  )
}

test('a span that breaks its batch takes no other with it', () => {
  const { names, rejected } = decode('protobuf', [brokenPiece()])
  expect(names.toSorted()).toEqual(['four', 'one', 'three', 'two'])
  expect(rejected).toEqual([expect.stringMatching(/^1 \S/u)])
})

test('a scope that is no object costs no span beside it', () => {
  const spans = ['one', 'two', 'three'].map((name) => jsonSpan(spanNamed(name)))
  const element = { scopeSpans: [5, { scope: { name: 's' }, spans }] }
  const piece = pieceOf('json', Buffer.from(JSON.stringify(element)))
  expect(decode('json', [piece]).names.toSorted()).toEqual(['one', 'three', 'two'])
})

test('spans that are rejected are counted by reason', () => {
  const spans = [spanNamed('one'), buildSpan({ traceId: '' })].map(jsonSpan)
  const element = { scopeSpans: [{ spans }] }
  const piece = pieceOf('json', Buffer.from(JSON.stringify(element)))
  expect(decode('json', [piece])).toEqual({ names: ['one'], rejected: ['1 trace-id-invalid'] })
})
