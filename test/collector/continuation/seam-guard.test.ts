import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anchorOf } from '../../../collector/continuation/anchor.ts'
import { bare } from '../../../collector/continuation/bare-text.ts'
import { withoutHalfAtEnd } from '../../../collector/continuation/half-character.ts'
import { HOLD_CHARS, HOLD_MS, SeamGuard } from '../../../collector/continuation/seam-guard.ts'
import type { SeamGuardOptions, SeamStep } from '../../../collector/continuation/seam-guard.ts'
import type { StopKind } from '../../../collector/protocol/event.ts'

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
  stop: StopKind = 'end',
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
    const detail = take(guard.finish(0, stop))
    if (detail !== undefined) return detail
  }
  return { text, verified: seam?.verified === true, aligned: seam?.aligned === true }
}

function row(id: number): string {
  return `{"id": ${id},\n"type": "object",\n"required": true,\n"nullable": false,\n"x": [1, 2]},\n`
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
  stop: StopKind = 'end',
): Joined | string {
  const whole = join(options, [text], stop)
  for (const pieces of everyCut(text)) expect(join(options, pieces, stop)).toEqual(whole)
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

  test.each([
    ['a fox ', ' runs', 'a fox runs'],
    ['a fox', ' runs', 'a fox runs'],
    ['a fox ', 'runs', 'a fox runs'],
    ['a fox\n\n', '\nruns', 'a fox\n\nruns'],
    ['a fox\n', '\n\nruns', 'a fox\n\nruns'],
    ['a fox\r\n', '\nruns', 'a fox\r\nruns'],
    ['a fox\n', '\r\n\r\nruns', 'a fox\n\r\nruns'],
    ['a fox', '\r\nruns', 'a fox\r\nruns'],
    ['- a fox\n', '  - runs', '- a fox\n  - runs'],
  ])('of a prefill is not doubled: %j and %j', (held, next, whole) => {
    expect(joinAtEveryCut({ delivered: held, strategy: 'prefill' }, next)).toMatchObject({
      text: whole,
    })
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

  test.each([
    'Sure! ',
    'Sure! Here it goes on: ',
    'Of course.\n\n',
    'Certainly, here is the rest\n\n',
    '... ',
    '…',
    'Bien sûr ! Voici la suite : ',
  ])('an opening %j before the anchor is dropped, before the beginning swallowed', (opener) => {
    expect(joinAtEveryCut({ delivered, anchor }, opener + anchor + rest)).toEqual({
      text: story,
      verified: true,
      aligned: false,
    })
    expect(joinAtEveryCut({ delivered, anchor }, opener + story)).toEqual({
      text: story,
      verified: false,
      aligned: true,
    })
  })

  test.each([
    'Sure enough. The wolf came. ',
    'Once he was there... ',
    '{"name": "fox", ',
    'The list:\n\n- a\n- ',
  ])('an opening %j that nothing repeated follows is part of the text', (opener) => {
    const next = `${opener}and so on.`
    expect(joinAtEveryCut({ delivered, anchor }, next)).toMatchObject({ text: delivered + next })
  })

  test('fields of data between repeated ones are no opening words', () => {
    const held = row(1) + row(2)
    const joined = joinAtEveryCut({ delivered: held, anchor: anchorOf(held) }, row(3))
    expect(joined).toMatchObject({ text: held + row(3) })
  })

  test('an anchor that is said twice is dropped twice, and proves nothing', () => {
    for (const echo of [`${anchor}\n\n${anchor}`, `Sure: ${anchor} ${anchor}`]) {
      expect(joinAtEveryCut({ delivered, anchor }, echo + rest)).toEqual({
        text: story,
        verified: false,
        aligned: false,
      })
    }
  })

  test('a refrain is no echo: it is said as often as it is sung', () => {
    const refrain = 'and the wheels on the bus go round and round, '
    const held = `Now: ${refrain}${refrain}`
    const options = { delivered: held, anchor: anchorOf(held) }
    const joined = joinAtEveryCut(options, `${anchorOf(held)} ${refrain}all day long.`)
    expect(joined).toMatchObject({ text: `${held}${refrain}all day long.`, verified: true })
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
    const prefill = { delivered, strategy: 'prefill' } as const
    expect(joinAtEveryCut(prefill, '')).toMatchObject({ text: delivered })
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

describe('an end that says why', () => {
  test('a target that was asked to go on and says nothing has not ended the answer', () => {
    for (const silence of ['', ' \n']) {
      expect(joinAtEveryCut({ delivered, anchor }, silence)).toBe(
        'the target was asked to go on and said nothing',
      )
    }
  })

  test.each(['length', 'filtered'] as const)('its silence may end the answer with %s', (stop) => {
    expect(joinAtEveryCut({ delivered, anchor }, '', stop)).toMatchObject({ text: delivered })
  })

  test('a limit of tokens within the anchor says nothing new', () => {
    for (const said of [anchor.slice(0, 5), anchor.slice(0, -2), anchor]) {
      expect(joinAtEveryCut({ delivered, anchor }, said, 'length')).toMatchObject({
        text: delivered,
      })
    }
  })

  test('a limit of tokens behind it ends the answer there', () => {
    expect(joinAtEveryCut({ delivered, anchor }, `${anchor} Eve`, 'length')).toMatchObject({
      text: `${delivered} Eve`,
      verified: true,
    })
  })

  test('a limit of tokens within a start from the beginning fails', () => {
    expect(joinAtEveryCut({ delivered, anchor }, delivered.slice(0, 70), 'length')).toBe(
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

/** Scripts and things that are easily cut in two, doubled or lost. */
const SCRIPTS: readonly (readonly [name: string, text: string])[] = [
  [
    'Chinese',
    '从前有一只小小的红狐狸住在老橡树下面。每天早晨她都走到河边去喝水，晚上又回到家里睡觉。',
  ],
  ['Thai', 'กาลครั้งหนึ่งมีสุนัขจิ้งจอกสีแดงตัวเล็กอาศัยอยู่ใต้ต้นโอ๊กเก่าทุกเช้าเธอเดินลงไปที่แม่น้ำเพื่อดื่มน้ำ'],
  [
    'Arabic',
    'كان هناك ثعلب أحمر صغير يعيش تحت شجرة البلوط القديمة وكان يمشي كل صباح إلى النهر ليشرب الماء',
  ],
  [
    'Hindi',
    'एक समय की बात है एक छोटी लाल लोमड़ी पुराने ओक के पेड़ के नीचे रहती थी और हर सुबह नदी पर जाती थी',
  ],
  [
    'emoji',
    '👩\u200d👩\u200d👧\u200d👦 🦊🏽 🇩🇪🇫🇷 1\ufe0f⃣ 👍🏿 a 👨🏻\u200d🚀 🐻\u200d❄\ufe0f 2\ufe0f⃣ 🇯🇵🇧🇷 b 👩🏾\u200d❤\ufe0f\u200d👨🏼 🧑\u200d🚒 3\ufe0f⃣ 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} 🫱🏽\u200d🫲🏻 c',
  ],
  [
    'combining marks',
    'Der A\u0308rger u\u0308ber o\u0308de Ru\u0308ben, n\u0303o e\u0301 ma\u0301s que a\u0302nimo y pie\u0300ce a\u030a a\u030ala\u030about.',
  ],
  [
    'CRLF',
    'The first line\r\nand the second one\r\n\r\nthen a third, behind a gap\r\nand the last.',
  ],
  [
    'code',
    'Look:\n\n```ts\nexport function add(a: number, b: number): number {\n  return a + b\n}\n```\n\nThat is all.',
  ],
  [
    'a table',
    '| a | b |\n|---|---|\n| one | two |\n| three | four |\n| five | six |\n\nThat was the table.',
  ],
  [
    'a list',
    '1. First, do this.\n2. Then, do that.\n   - carefully\n   - slowly\n3. Last, stop.\n',
  ],
]

describe.each(SCRIPTS)('%s, cut at every place', (_, text) => {
  const places = Array.from({ length: text.length - 1 }, (__, at) => at + 1)

  test.each(['anchor', 'over', 'prefill'] as const)('is whole: %s', (way) => {
    for (const at of places) {
      const held = text.slice(0, at)
      // Of a few letters alone nobody could tell whether a prefill repeats them or goes on.
      if (held.trim() === '' || (way === 'prefill' && at < 12)) continue
      // What a target is told and knows: whole characters, and for a prefill no last white space.
      const told = withoutHalfAtEnd(held)
      const last = anchorOf(told)
      const next = text.slice(told.length)
      const space = told.slice(told.trimEnd().length)
      const answer = { anchor: last + space + next, over: text, prefill: space + next }[way]
      const strategy = way === 'prefill' ? 'prefill' : 'user_turn'
      const options = {
        delivered: held,
        strategy,
        ...(strategy === 'user_turn' && { anchor: last }),
      } as const
      const whole = join(options, [answer])
      expect(join(options, answer.split(''))).toEqual(whole)
      expect(whole).toMatchObject({ text })
    }
  })
})

describe('a text that repeats itself', () => {
  test.each([
    [
      'a row of noughts',
      '[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,',
      ' 0, 0, 0, 0, 0, 0, 0, 0]',
    ],
    ['a line of dashes', `Title\n${'-'.repeat(30)}`, `${'-'.repeat(30)}\n\nText.`],
    ['laughter from the start', 'ha '.repeat(20), `${'ha '.repeat(20)}and so on.`],
    ['a refrain', 'La la la la la la la, oh! '.repeat(3), 'La la la la la la la, oh! The end.'],
  ])('goes on behind a prefill with all that comes: %s', (_, held, next) => {
    const joined = joinAtEveryCut({ delivered: held, strategy: 'prefill' }, next)
    expect(joined).toMatchObject({ text: held + next })
  })
})

test('half a character that the target does not complete fails', () => {
  const held = 'Our globe: 🌍'.slice(0, -1)
  const options = { delivered: held, anchor: anchorOf(held) }
  expect(joinAtEveryCut(options, 'Our globe: 🌍 turns')).toMatchObject({
    text: 'Our globe: 🌍 turns',
  })
  expect(joinAtEveryCut(options, 'Our globe: it turns')).toBe(
    'the stream broke inside a character that the target did not repeat',
  )
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
        const isSilent = way === 'plain' && next.trim() === ''
        // Where less than the first 60 characters was delivered, the other words simply follow;
        // what stood between them is white space of two different texts.
        const said =
          way === 'other' ? bare(held) + bare(answers.other).slice(bare(held).length) : whole
        const got = isJoined ? joined.text : 'diverged'
        expect(isJoined && way === 'other' ? bare(got) : got).toBe(
          isOther || isSilent ? 'diverged' : said,
        )
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
