import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anchorOf } from '../../../collector/continuation/anchor.ts'
import { bare } from '../../../collector/continuation/bare-text.ts'
import { HOLD_CHARS, HOLD_MS, SeamGuard } from '../../../collector/continuation/seam-guard.ts'
import type { SeamGuardOptions, SeamStep } from '../../../collector/continuation/seam-guard.ts'

const story =
  'Once upon a time there was a small red fox who lived under the old oak tree. ' +
  'Every morning she walked down to the river to drink, and every evening she came back. '

interface Joined {
  readonly text: string
  readonly verified: boolean
  readonly aligned: boolean
}

/** What the client ends up with, or why not. */
function join(
  options: Partial<SeamGuardOptions> & { readonly delivered: string },
  pieces: readonly string[],
): Joined | string {
  const guard = new SeamGuard({ strategy: 'user_turn', requireAnchor: false, ...options })
  let text = options.delivered
  let seam: Pick<Joined, 'verified' | 'aligned'> | undefined
  const take = (step: SeamStep): string | undefined => {
    if (step.kind === 'diverged') return step.detail
    if (step.kind === 'joined') {
      text += step.text
      seam = step.seam
    }
    return undefined
  }
  for (const piece of pieces) {
    if (seam !== undefined) text += piece
    else {
      const detail = take(guard.push(piece, 0))
      if (detail !== undefined) return detail
    }
  }
  if (seam === undefined) {
    const detail = take(guard.finish(0))
    if (detail !== undefined) return detail
  }
  return { text, verified: seam?.verified === true, aligned: seam?.aligned === true }
}

/** Splits a text at each of its characters. */
function everyCut(text: string): readonly (readonly string[])[] {
  return [
    ...Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]),
    text.split(''),
  ]
}

function joinAtEveryCut(
  options: Partial<SeamGuardOptions> & { readonly delivered: string },
  text: string,
): Joined | string {
  const whole = join(options, [text])
  for (const pieces of everyCut(text)) expect(join(options, pieces)).toEqual(whole)
  return whole
}

const delivered = story.slice(0, 100)
const rest = story.slice(100)
const anchor = anchorOf(delivered)

describe('the four ways to answer a continuation', () => {
  test('from the anchor: whole, verified', () => {
    const joined = joinAtEveryCut({ delivered, anchor }, anchor + rest)
    expect(joined).toEqual({ text: story, verified: true, aligned: false })
  })

  test('going on without it: whole, unverified', () => {
    const joined = joinAtEveryCut({ delivered, anchor }, rest)
    expect(joined).toEqual({ text: story, verified: false, aligned: false })
  })

  test('starting over: whole, aligned', () => {
    const joined = joinAtEveryCut({ delivered, anchor }, story)
    expect(joined).toEqual({ text: story, verified: false, aligned: true })
  })

  test('starting over with the same first 60 characters, then in other words: diverged', () => {
    const other = `${story.slice(0, 60)}by the sea, all alone.`
    expect(joinAtEveryCut({ delivered, anchor }, other)).toBe(
      'the target started over and went on in other words',
    )
  })
})

describe('white space at the seam', () => {
  test.each([
    ['delivered, repeated', 'a fox ', ' runs', 'a fox runs'],
    ['not delivered', 'a fox', ' runs', 'a fox runs'],
    ['inside a word', 'a fo', 'x runs', 'a fox runs'],
    ['a paragraph half delivered', 'a fox\n', '\n\nruns', 'a fox\n\nruns'],
  ] as const)('%s', (...[, held, next, whole]) => {
    const joined = joinAtEveryCut(
      { delivered: held, anchor: held.trimEnd() },
      held.trimEnd() + next,
    )
    expect(joined).toMatchObject({ text: whole, verified: true })
  })

  test('is folded freely inside what is repeated', () => {
    const spaced = `\n${anchor.replaceAll(' ', '\n  ')}`
    const joined = joinAtEveryCut({ delivered, anchor }, spaced + rest)
    expect(joined).toMatchObject({ text: story, verified: true })
  })

  test('of a prefill is not doubled', () => {
    const joined = joinAtEveryCut({ delivered: 'a fox ', strategy: 'prefill' }, ' runs')
    expect(joined).toMatchObject({ text: 'a fox runs' })
  })
})

describe('repetitions', () => {
  test('twenty characters or more of the delivered tail are dropped', () => {
    const joined = joinAtEveryCut({ delivered, strategy: 'prefill' }, delivered.slice(-45) + rest)
    expect(joined).toEqual({ text: story, verified: false, aligned: false })
  })

  test('fewer are kept: they may be part of what follows', () => {
    const joined = joinAtEveryCut({ delivered: 'tick tack tick', strategy: 'prefill' }, ' tick!')
    expect(joined).toMatchObject({ text: 'tick tack tick tick!' })
  })

  test('an opening clause before the anchor is dropped with it', () => {
    const joined = joinAtEveryCut({ delivered, anchor }, `Sure, continuing:\n\n${anchor}${rest}`)
    expect(joined).toEqual({ text: story, verified: true, aligned: false })
  })

  test('an opening clause before a start from the beginning is swallowed too', () => {
    const joined = joinAtEveryCut({ delivered, anchor }, `Here is the whole text: ${story}`)
    expect(joined).toEqual({ text: story, verified: false, aligned: true })
  })

  test('a clause with a colon that nothing repeated follows is part of the text', () => {
    const next = 'She said: nothing at all.'
    const joined = joinAtEveryCut({ delivered, anchor }, next)
    expect(joined).toMatchObject({ text: delivered + next, verified: false })
  })

  test('a clause before a few letters that were delivered is part of the text', () => {
    const joined = joinAtEveryCut({ delivered: 'I am', anchor: 'I am' }, ' told: I am late.')
    expect(joined).toMatchObject({ text: 'I am told: I am late.' })
  })

  test('a text that begins with its own last words is told by what follows them', () => {
    const refrain = 'row row row your boat gently down stream '
    const song = `${refrain}one two three four five six seven ${refrain}`
    const ending = 'and that was all of it.'
    const options = { delivered: song, anchor: anchorOf(song) }
    expect(joinAtEveryCut(options, anchorOf(song) + ' ' + ending)).toMatchObject({
      text: song + ending,
      verified: true,
    })
    expect(joinAtEveryCut(options, song + ending)).toMatchObject({
      text: song + ending,
      aligned: true,
    })
  })
})

describe('ends', () => {
  test('a target that has nothing left to say ends the answer', () => {
    expect(joinAtEveryCut({ delivered, anchor }, '')).toMatchObject({ text: delivered })
    expect(joinAtEveryCut({ delivered, anchor }, anchor)).toMatchObject({
      text: delivered,
      verified: true,
    })
    expect(joinAtEveryCut({ delivered, anchor }, delivered)).toMatchObject({
      text: delivered,
      aligned: true,
    })
  })

  test('a target that repeats the last words and ends has ended the answer', () => {
    const last = 'and they lived happily ever after.'
    const twice = `${story}${last} Really: ${last}`
    expect(joinAtEveryCut({ delivered: twice, strategy: 'prefill' }, last)).toMatchObject({
      text: twice,
    })
  })

  test('a target that starts over and ends early has not given this answer', () => {
    expect(joinAtEveryCut({ delivered, anchor }, delivered.slice(0, 70))).toBe(
      'the target repeated what was delivered and ended before its end',
    )
    expect(joinAtEveryCut({ delivered, anchor }, delivered.slice(0, 30))).toBe(
      'the target repeated what was delivered and ended before its end',
    )
  })
})

describe('a required anchor', () => {
  const options = { delivered, anchor, requireAnchor: true }

  test('lets a verified or an aligned seam through', () => {
    expect(joinAtEveryCut(options, anchor + rest)).toMatchObject({ text: story })
    expect(joinAtEveryCut(options, story)).toMatchObject({ text: story })
  })

  test('fails an unverified one', () => {
    expect(joinAtEveryCut(options, rest)).toBe('the target did not begin with the anchor')
  })

  test('is not asked of a prefill, which has none', () => {
    const prefill: Partial<SeamGuardOptions> = { strategy: 'prefill', requireAnchor: true }
    expect(join({ delivered, ...prefill }, [rest])).toMatchObject({ text: story })
  })
})

describe('a restart after commit', () => {
  const options: SeamGuardOptions = { delivered, strategy: 'restart', requireAnchor: false }

  test('is swallowed while it equals what was delivered', () => {
    expect(joinAtEveryCut(options, story)).toEqual({ text: story, verified: false, aligned: true })
  })

  test('fails at its first other character', () => {
    expect(joinAtEveryCut(options, `In the beginning ${rest}`)).toContain('in other words')
    expect(joinAtEveryCut(options, '')).toContain('ended before its end')
  })
})

describe('the hold', () => {
  test('ends after 400 characters', () => {
    const guard = new SeamGuard({ delivered, strategy: 'user_turn', anchor, requireAnchor: false })
    expect(guard.push('z'.repeat(HOLD_CHARS - 1), 0)).toEqual({ kind: 'held' })
    expect(guard.push('z', 0)).toMatchObject({ kind: 'joined', text: 'z'.repeat(HOLD_CHARS) })
  })

  test('ends after a second, which is told before', () => {
    const guard = new SeamGuard({ delivered, strategy: 'user_turn', anchor, requireAnchor: false })
    expect(guard.heldUntilMs).toBeUndefined()
    guard.push('She ', 5000)
    expect(guard.heldUntilMs).toBe(5000 + HOLD_MS)
    expect(guard.release(6000)).toMatchObject({
      kind: 'joined',
      text: 'She ',
      seam: { verified: false, heldMs: 1000 },
    })
  })

  test('lasts beyond a second while the stream may still be a repetition', () => {
    const guard = new SeamGuard({ delivered, strategy: 'user_turn', anchor, requireAnchor: false })
    guard.push(anchor.slice(0, 10), 0)
    expect(guard.release(1000)).toEqual({ kind: 'held' })
    expect(guard.heldUntilMs).toBeUndefined()
    expect(guard.push(anchor.slice(10) + rest, 9000)).toMatchObject({
      kind: 'joined',
      text: rest,
      seam: { verified: true, heldMs: 9000, droppedChars: anchor.length },
    })
  })

  test('of a prefill ends as soon as nothing can be a repetition', () => {
    const guard = new SeamGuard({ delivered, strategy: 'prefill', requireAnchor: false })
    expect(guard.push('zebras', 0)).toMatchObject({ kind: 'joined', text: 'zebras' })
  })

  test('of a prefill is not kept up for words too near the end to be a repetition', () => {
    const guard = new SeamGuard({
      delivered: `${delivered} zyx wvu`,
      strategy: 'prefill',
      requireAnchor: false,
    })
    expect(guard.push(' zyx', 0)).toMatchObject({ kind: 'joined', text: ' zyx' })
  })

  test('is bounded where only white space comes', () => {
    const guard = new SeamGuard({ delivered, strategy: 'user_turn', anchor, requireAnchor: false })
    expect(guard.push(' '.repeat(16 * 1024), 0)).toEqual({ kind: 'held' })
    expect(guard.push(' ', 0)).toMatchObject({ kind: 'joined' })
  })
})

describe('any text, cut anywhere, continued in any of these ways, in any chunks', () => {
  const words = fc
    .array(fc.stringMatching(/^[a-z]{1,9}[.,]?$/), { minLength: 12, maxLength: 80 })
    .map((list) => list.map((word, index) => `${word}${index}`))
  const spaces = fc.constantFrom(' ', '  ', '\n', '\n\n')
  const text = fc
    .tuple(words, fc.infiniteStream(spaces))
    .map(([list, gaps]) => list.map((word) => word + gaps.next().value).join(''))

  test('every word reaches the client once, or the splice fails', () => {
    const way = fc.constantFrom('anchor', 'plain', 'over', 'tail', 'other')
    const share = fc.double({ min: 0.02, max: 0.98, noNaN: true })
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 })
    const scene = fc.record({ whole: text, share, way, sizes })
    fc.assert(
      fc.property(scene, ({ whole, share, way, sizes }) => {
        // Of a few letters alone nobody could tell whether a text repeats them or goes on.
        const cut = Math.max(12, Math.floor(whole.length * share))
        const held = whole.slice(0, cut)
        const next = whole.slice(cut)
        const last = anchorOf(held)
        const space = held.slice(held.trimEnd().length)
        const answers = {
          anchor: last + space + next,
          plain: next,
          over: whole,
          tail: held.slice(-Math.min(held.length, 60)) + next,
          other: `${whole.slice(0, 60)} QUITE ANOTHER STORY ${next}`,
        }
        const joined = join({ delivered: held, anchor: last }, chunked(answers[way], sizes))
        const isJoined = typeof joined !== 'string'
        const isOther = way === 'other' && held.trim().length > 60
        // Where less than the first 60 characters was delivered, the other words simply follow;
        // what stood between them is white space of two different texts.
        const said =
          way === 'other' ? bare(held) + bare(answers.other).slice(bare(held).length) : whole
        const got = isJoined ? joined.text : 'diverged'
        expect(isJoined && way === 'other' ? bare(got) : got).toBe(isOther ? 'diverged' : said)
        expect(way !== 'anchor' || (isJoined && joined.verified)).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })
})

function chunked(text: string, sizes: readonly number[]): readonly string[] {
  const pieces: string[] = []
  for (let at = 0, turn = 0; at < text.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}
