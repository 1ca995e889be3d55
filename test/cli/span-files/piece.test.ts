import { array, assert, integer, nat, property } from 'fast-check'
import { expect, test } from 'vitest'

import type { Encoding } from '../../../analyzer/ingest/decode-otlp.ts'
import { encodeRequest, split, toPiece, type Piece } from '../../../cli/span-files/piece.ts'
import { ProtobufFileReader } from '../../../cli/span-files/protobuf-file-reader.ts'
import { buildSpan, jsonRequest, jsonSpan, protobufRequest } from '../../support/otlp.ts'

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'litellm' } }] }
const spanNamed = (name: string) => jsonSpan(buildSpan({ name }))

function pieceOf(element: unknown): Piece {
  const read = toPiece('json', Buffer.from(JSON.stringify(element)))
  if (read.kind === 'unreadable') throw new Error(read.why)
  return read.piece
}

/** An element with these many spans in each of its scopes. */
function jsonPiece(counts: readonly number[]): Piece {
  const scopeSpans = counts.map((count, scope) => ({
    scope: { name: `scope-${scope}` },
    spans: Array.from({ length: count }, (_, index) => spanNamed(`${scope}/${index}`)),
  }))
  return pieceOf({ resource, scopeSpans })
}

interface Element {
  readonly resource: unknown
  readonly scopeSpans: readonly {
    readonly scope: { readonly name: string }
    readonly spans: readonly { readonly name: string }[]
  }[]
}

function namesIn({ bytes }: Piece): readonly string[] {
  const element = JSON.parse(bytes.toString()) as Element
  expect(element.resource).toEqual(resource)
  return element.scopeSpans.flatMap(({ scope, spans }) =>
    spans.map(({ name }) => `${scope.name}:${name}`),
  )
}

function splitAll(encoding: Encoding, piece: Piece, count = 2): readonly Piece[] {
  const parts = split(encoding, piece, count)
  return parts.length === 1 ? parts : parts.flatMap((part) => splitAll(encoding, part, count))
}

test('splitting to single spans loses none, moves none to another scope and keeps the resource', () => {
  const counts = array(nat(5), { minLength: 1, maxLength: 5 })
  assert(
    property(counts, integer({ min: 2, max: 7 }), (list, parts) => {
      const piece = jsonPiece(list)
      const pieces = splitAll('json', piece, parts)
      expect(pieces.flatMap((one) => namesIn(one))).toEqual(namesIn(piece))
      expect(pieces.every(({ spans }) => spans <= 1)).toBe(true)
    }),
  )
})

test('the same of protobuf gives the same bytes, put together again', () => {
  const spans = Array.from({ length: 9 }, (_, index) => buildSpan({ name: `span ${index}` }))
  const [one] = [...new ProtobufFileReader({ hasLengths: false }).push(protobufRequest(spans))]
  if (one?.kind !== 'piece') throw new Error('no piece')
  expect(splitAll('protobuf', one.piece)).toEqual([one.piece])
  const whole = encodeRequest('protobuf', [one.piece])
  expect(whole).toEqual(protobufRequest(spans.slice(0, 1)))
})

test('a request is its pieces in a row', () => {
  const request = jsonRequest([buildSpan(), buildSpan({ name: 'two' })])
  const pieces = request.resourceSpans.map((element) => pieceOf(element))
  expect(JSON.parse(encodeRequest('json', pieces).toString())).toEqual(
    JSON.parse(JSON.stringify(request)),
  )
  expect(encodeRequest('json', []).toString()).toBe('{"resourceSpans":[]}')
})
