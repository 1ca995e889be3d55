import { array, assert, nat, property } from 'fast-check'
import { expect, test } from 'vitest'

import type { Encoding } from '../../../analyzer/ingest/decode-otlp.ts'
import { encodeRequest, halve, toPiece, type Piece } from '../../../cli/ingest/piece.ts'
import { ProtobufFileReader } from '../../../cli/ingest/protobuf-file-reader.ts'
import { buildSpan, jsonRequest, jsonSpan, protobufRequest } from '../../support/otlp.ts'

const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'litellm' } }] }
const spanNamed = (name: string) => jsonSpan(buildSpan({ name }))

/** An element with these many spans in each of its scopes. */
function jsonPiece(counts: readonly number[]): Piece {
  const scopeSpans = counts.map((count, scope) => ({
    scope: { name: `scope-${scope}` },
    spans: Array.from({ length: count }, (_, index) => spanNamed(`${scope}/${index}`)),
  }))
  return toPiece('json', Buffer.from(JSON.stringify({ resource, scopeSpans })))
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

function halveAll(encoding: Encoding, piece: Piece): readonly Piece[] {
  const halves = halve(encoding, piece)
  return halves.length === 1 ? halves : halves.flatMap((half) => halveAll(encoding, half))
}

test('halving to single spans loses none, moves none to another scope and keeps the resource', () => {
  const counts = array(nat(5), { minLength: 1, maxLength: 5 })
  assert(
    property(counts, (list) => {
      const piece = jsonPiece(list)
      const pieces = halveAll('json', piece)
      expect(pieces.flatMap((one) => namesIn(one))).toEqual(namesIn(piece))
      expect(pieces.every(({ spans }) => spans <= 1)).toBe(true)
    }),
  )
})

test('the same of protobuf gives the same bytes, put together again', () => {
  const spans = Array.from({ length: 9 }, (_, index) => buildSpan({ name: `span ${index}` }))
  const [one] = [...new ProtobufFileReader({ hasLengths: false }).push(protobufRequest(spans))]
  if (one?.kind !== 'piece') throw new Error('no piece')
  expect(halveAll('protobuf', one.piece)).toEqual([one.piece])
  const whole = encodeRequest('protobuf', [one.piece])
  expect(whole).toEqual(protobufRequest(spans.slice(0, 1)))
})

test('a request is its pieces in a row', () => {
  const request = jsonRequest([buildSpan(), buildSpan({ name: 'two' })])
  const pieces = request.resourceSpans.map((element) =>
    toPiece('json', Buffer.from(JSON.stringify(element))),
  )
  expect(JSON.parse(encodeRequest('json', pieces).toString())).toEqual(
    JSON.parse(JSON.stringify(request)),
  )
  expect(encodeRequest('json', []).toString()).toBe('{"resourceSpans":[]}')
})
