import * as fc from 'fast-check'
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator'
import { describe, expect, test } from 'vitest'
import type { ClientError } from '../../../../collector/protocol/protocol.ts'
import { bodyOf, parse, play, responsesBody, textOf } from '../../../support/play-streams.ts'
import {
  callAdded,
  callDelta,
  callDone,
  completed,
  messageDone,
  messageOpened,
  OPENED,
  reasoning,
  responsesFrames,
  textDelta,
} from '../../../support/responses-frames.ts'
import type { ResponsesEvent } from '../../../support/responses-frames.ts'

/**
 * I3 wherever an answer of any shape is cut: what goes on, or fails, is one well-formed stream for
 * openai-node's accumulator, and holds what was delivered before.
 */

const request = parse('responses', responsesBody)

const failure: ClientError = {
  statusCode: 502,
  type: 'server_error',
  message: 'the stream was cut',
  attempts: [],
}

type Piece =
  | { readonly kind: 'message'; readonly texts: readonly string[] }
  | { readonly kind: 'reasoning'; readonly text: string }
  | { readonly kind: 'call'; readonly json: string }

const text = fc.string({ minLength: 1, maxLength: 12, unit: 'binary' })

const piece: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    texts: fc.array(text, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('reasoning' as const), text }),
  fc.record({ kind: fc.constant('call' as const), json: fc.json() }),
)

function eventsOf(piece: Piece, index: number): readonly ResponsesEvent[] {
  switch (piece.kind) {
    case 'message': {
      const id = `msg_up_${index}`
      return [
        ...messageOpened(id, index),
        ...piece.texts.map((delta) => textDelta(id, index, delta)),
        ...messageDone(id, index, piece.texts.join('')),
      ]
    }
    case 'reasoning':
      return reasoning(`rs_up_${index}`, index, piece.text)
    case 'call': {
      const id = `fc_up_${index}`
      const { json } = piece
      return [callAdded(id, index), callDelta(id, index, json), ...callDone(id, index, json)]
    }
    default:
      return piece satisfies never
  }
}

/** What the SDK makes of a stream, `error` events aside; throws where it is not well formed. */
function accumulate(body: string): { readonly response: Response; readonly types: string[] } {
  let response: Response | undefined
  const types: string[] = []
  for (const line of body.split('\n')) {
    if (!line.startsWith('data: ')) continue
    const event: ResponseStreamEvent = JSON.parse(line.slice(6))
    expect(event.sequence_number).toBe(types.length)
    types.push(event.type)
    response = accumulateResponse(event, response)
  }
  if (response === undefined) throw new Error('nothing came')
  return { response, types }
}

/** The text that these events delivered. */
function deliveredBy(events: readonly ResponsesEvent[]): string {
  const deltas = events.filter(({ type }) => type === 'response.output_text.delta')
  return deltas.map(({ delta }) => (typeof delta === 'string' ? delta : '')).join('')
}

/** The text of a response's messages. */
function textIn({ output }: Response): string {
  const parts = output.flatMap((item) => (item.type === 'message' ? item.content : []))
  return parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('')
}

const cutAnswers = fc
  .array(piece, { minLength: 1, maxLength: 4 })
  .map((pieces) => [...OPENED, ...pieces.flatMap(eventsOf)])
  .chain((events) =>
    fc.record({ events: fc.constant(events), at: fc.integer({ min: 2, max: events.length }) }),
  )

describe('an answer that is cut anywhere', () => {
  test('goes on as one answer, in any protocol', () => {
    fc.assert(
      fc.property(cutAnswers, fc.constantFrom('chat', 'messages', 'responses'), (cut, api) => {
        const events = cut.events.slice(0, cut.at)
        const delivered = deliveredBy(events)
        // Behind a call nothing is ever continued.
        fc.pre(delivered.trim() !== '' && !responsesFrames(events).includes('function_call'))
        const played = play(request, [
          { api: 'responses', body: responsesFrames(events) },
          { api, body: bodyOf(api, ['\u0001 and so on, to the end.']) },
        ])
        fc.pre(played.diverged === undefined)
        const { response, types } = accumulate(played.text)
        expect(types.filter((type) => type === 'response.created')).toHaveLength(1)
        expect(types.at(-1)).toBe('response.completed')
        expect(response.status).toBe('completed')
        expect(textIn(response)).toBe(`${delivered}\u0001 and so on, to the end.`)
      }),
    )
  })

  test('fails as one answer, with all that came of it', () => {
    fc.assert(
      fc.property(cutAnswers, (cut) => {
        const events = cut.events.slice(0, cut.at)
        const played = play(request, [{ api: 'responses', body: responsesFrames(events) }])
        const { response, types } = accumulate(played.text + textOf(played.stream.fail(failure)))
        expect(types.slice(-2)).toEqual(['response.failed', 'error'])
        expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' } })
        if (!played.stream.committed) return
        expect(textIn(response)).toBe(deliveredBy(events))
        const done = events.filter(({ type }) => type === 'response.output_item.done')
        const told = response.output.map((item) => 'status' in item && item.status)
        expect(told.filter((status) => status === 'completed').length).toBeLessThanOrEqual(
          done.length,
        )
      }),
    )
  })

  test('passes to the byte where it is not cut', () => {
    fc.assert(
      fc.property(cutAnswers, ({ events }) => {
        const output = events
          .filter(({ type }) => type === 'response.output_item.done')
          .map(({ item }) => Object(item))
        const body = responsesFrames([...events, completed(output)])
        const played = play(request, [{ api: 'responses', body }])
        expect(played.text).toBe(body)
        expect(accumulate(played.text).response.output).toEqual(output)
      }),
    )
  })
})
