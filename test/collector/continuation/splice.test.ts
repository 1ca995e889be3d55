import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anchorOf } from '../../../collector/continuation/anchor.ts'
import { Splice } from '../../../collector/continuation/splice.ts'
import type { SpliceOptions } from '../../../collector/continuation/splice.ts'
import { withoutHalfAtEnd } from '../../../collector/continuation/half-character.ts'
import type { StreamEvent } from '../../../collector/protocol/event.ts'
import { protocolOf } from '../../../collector/protocol/index.ts'
import type { Api } from '../../../collector/vocabulary.ts'
import {
  bodyOf,
  bytesOf,
  clientBodies,
  limits,
  parse,
  play,
  type Leg,
} from '../../support/play-streams.ts'

const delivered = 'one two three four five six seven eight nine ten'
const anchor = anchorOf(delivered)

function spliceOf(options: Partial<SpliceOptions> = {}): Splice {
  return new Splice({
    delivered,
    strategy: 'user_turn',
    anchor,
    requireAnchor: false,
    stopSequences: [],
    ...options,
  })
}

/** What of these events goes to the client, or why nothing more can. */
function say(splice: Splice, events: readonly StreamEvent[]): readonly StreamEvent[] | string {
  const said: StreamEvent[] = []
  for (const event of events) {
    const step = splice.push(event, 0)
    if (step.kind === 'diverged') return step.detail
    said.push(...step.events)
  }
  return said
}

const text = (words: string): StreamEvent => ({ kind: 'text', text: words })
const END: StreamEvent = { kind: 'terminal', native: 'stop', stop: 'end' }
const LENGTH: StreamEvent = { kind: 'terminal', native: 'length', stop: 'length' }
const CALL: StreamEvent = { kind: 'tool-call', index: 0, id: 'call_1', name: 'f' }

describe('what stands behind a seam', () => {
  test('is text that follows, and the end', () => {
    expect(say(spliceOf(), [text(anchor), text(' eleven'), text(' twelve'), END])).toEqual([
      text(' eleven'),
      text(' twelve'),
      END,
    ])
  })

  test('has the text that was held in front of whatever is no text', () => {
    const refusal: StreamEvent = { kind: 'refusal', text: 'No.' }
    for (const event of [CALL, refusal, END]) {
      expect(say(spliceOf(), [text('Zebras.'), event])).toEqual([text('Zebras.'), event])
    }
    const splice = spliceOf({ stopSequences: ['ten!?'] })
    expect(say(splice, [text(`${anchor}!`), CALL])).toEqual([text('!'), CALL])
  })

  test('has no second envelope, no second chain of thought and nothing of another protocol', () => {
    const events: readonly StreamEvent[] = [
      { kind: 'start', id: 'b', model: 'm' },
      { kind: 'prelude' },
      { kind: 'reasoning', text: 'Hm.' },
      { kind: 'other', type: 'new' },
    ]
    expect(say(spliceOf(), [...events, text(`${anchor} eleven`), ...events, END])).toEqual([
      text(' eleven'),
      END,
    ])
  })

  test('may be a call alone where the target was asked for no anchor', () => {
    const prefill = spliceOf({ strategy: 'prefill' })
    expect(say(prefill, [CALL])).toEqual([CALL])
  })

  test('is an end only where the target said what it was asked for, or why it did not', () => {
    expect(say(spliceOf(), [END])).toBe('the target was asked to go on and said nothing')
    expect(say(spliceOf(), [LENGTH])).toEqual([LENGTH])
    expect(say(spliceOf(), [text(anchor.slice(0, 12)), LENGTH])).toEqual([LENGTH])
  })

  test('is over at a stop sequence that began in front of it', () => {
    const splice = spliceOf({ stopSequences: ['ten!'] })
    expect(say(splice, [text(anchor), text('!')])).toMatchObject([
      { kind: 'terminal', native: 'stop_sequence', stop: 'end', sequence: 'ten!' },
      { kind: 'closing' },
    ])
  })
})

/** The text of a client's stream, as its own protocol reads it. */
function textOfClient(api: Api, bytes: string): string {
  const decoder = protocolOf(api).createDecoder(limits, 1)
  const frames = [...decoder.push(bytesOf(bytes)), ...decoder.end()]
  return frames
    .flatMap(({ events }) => events)
    .map((event) => (event.kind === 'text' ? event.text : ''))
    .join('')
}

describe('any text over any number of seams, through any protocols, in any pieces', () => {
  const apis = fc.constantFrom<Api>('chat', 'messages', 'responses')
  const word = fc.oneof(
    fc.stringMatching(/^[a-z]{1,9}[.,:!?]?$/),
    fc.constantFrom('世界', '🌍', 'naïve', '**bold**', '`x`', 'مرحبا'),
  )
  const gap = fc.constantFrom(' ', '  ', '\n', '\n\n', '\r\n')
  const whole = fc.array(fc.tuple(word, gap), { minLength: 30, maxLength: 90 }).map((list) =>
    list
      .map(([one, space], at) => `${one}${at}${space}`)
      .join('')
      .trimEnd(),
  )
  const hop = fc.record({
    api: apis,
    way: fc.constantFrom('anchor', 'plain', 'over', 'greeting'),
    share: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
    charsPerPiece: fc.integer({ min: 1, max: 30 }),
    bytesPerRead: fc.integer({ min: 1, max: 300 }),
  })
  type Hop = Parameters<Parameters<typeof hop.map>[0]>[0]

  /** What a target says that is asked to go on from the first `at` characters; it tells to `to`. */
  function legOf(story: string, at: number, { hop: one, to }: { hop: Hop; to: number }): Leg {
    const held = withoutHalfAtEnd(story.slice(0, at))
    const last = anchorOf(held)
    const space = held.slice(held.trimEnd().length)
    const next = story.slice(held.length, to)
    const told = {
      anchor: last + space + next,
      plain: next,
      over: held + next,
      greeting: `Sure! Going on:\n\n${last}${space}${next}`,
    }[at === 0 ? 'plain' : one.way]
    const body = bodyOf(one.api, chunked(told, one.charsPerPiece), to < story.length)
    const reads = Math.floor((bytesOf(body).length - 1) / one.bytesPerRead)
    return {
      api: one.api,
      body,
      split: Array.from({ length: reads }, (_, read) => (read + 1) * one.bytesPerRead),
      attempt: { strategy: at === 0 ? 'restart' : 'user_turn', anchor: last },
    }
  }

  test('each word reaches the client once', () => {
    const hops = fc.array(hop, { minLength: 1, maxLength: 3 })
    const scene = fc.record({ client: apis, story: whole, hops, last: hop })
    fc.assert(
      fc.property(scene, ({ client, story, hops: breaking, last }) => {
        const request = parse(client, clientBodies[client])
        const legs: Leg[] = []
        let at = 0
        for (const one of breaking) {
          // Of a few letters alone nobody could tell whether a text repeats them or goes on.
          const least = Math.max(at + 1, 24)
          const to = least + Math.floor((story.length - 1 - least) * one.share)
          legs.push(legOf(story, at, { hop: one, to: Math.min(to, story.length - 1) }))
          // What was held when a hop broke was not delivered: the next is asked from there.
          at = play(request, legs).stream.delivered.text.length
        }
        legs.push(legOf(story, at, { hop: last, to: story.length }))
        const played = play(request, legs)
        expect(played.diverged).toBeUndefined()
        expect(textOfClient(client, played.text)).toBe(story)
        expect(played.stream.terminal).toBeDefined()
      }),
      { numRuns: 60 },
    )
  })
})

/** By UTF-16 units, so that a character may come in two halves. */
function chunked(text: string, size: number): readonly string[] {
  const count = Math.ceil(text.length / size)
  return Array.from({ length: count }, (_, at) => text.slice(at * size, (at + 1) * size))
}
