import { beforeAll, describe, expect, test } from 'vitest'
import type { Span } from '../../analyzer/story/span.ts'
import { CELLS } from './cells.ts'
import { checkCell } from './check-cell.ts'
import type { Breach } from './cell-facts.ts'
import { readMatrix, runMatrix } from './run-matrix.ts'
import type { ReadCell } from './run-matrix.ts'

/**
 * Do the checks of the matrix see a lie? Each is planted in what a client really got, or in the
 * spans that a sidecar really exported.
 */

interface Lie {
  readonly what: string
  readonly cells: readonly string[]
  readonly tell: (cell: ReadCell) => ReadCell
  readonly seenAs: Breach['invariant']
}

const RESCUED = ['chat/same/fin-mid-chunk/in-text', 'messages/cross/fin-mid-chunk/in-text']
const FAILED = ['chat/same/reset/in-text', 'messages/cross/reset/in-text']
const REFUSED = ['chat/same/status-500/before-headers', 'messages/cross/status-500/before-headers']
const CALLED = ['chat/same/reset/in-a-tool-call', 'messages/cross/reset/in-a-tool-call']
const COMPLETE = [
  'chat/cross/no-closing-frame/after-the-last-content',
  'messages/same/no-closing-frame/after-the-last-content',
]

const LIES: readonly Lie[] = [
  {
    what: 'an error frame left away',
    cells: FAILED,
    tell: withFrames((frames) => frames.slice(0, -1)),
    seenAs: 'silent truncation',
  },
  {
    what: 'a terminal and what follows it left away',
    cells: RESCUED,
    tell: withFrames((frames) => frames.slice(0, frames.findIndex(isTerminal))),
    seenAs: 'silent truncation',
  },
  {
    what: 'a closing frame left away',
    cells: COMPLETE,
    tell: withFrames((frames) => frames.slice(0, -1)),
    seenAs: 'silent truncation',
  },
  {
    what: 'a response that breaks off in HTTP',
    cells: RESCUED,
    tell: (cell) => ({ ...cell, answer: { ...cell.answer, cut: true } }),
    seenAs: 'silent truncation',
  },
  {
    what: 'a terminator in the place of the error',
    cells: FAILED,
    tell: (cell) => withFrames((frames) => [...frames.slice(0, -1), ...terminatorOf(cell)])(cell),
    seenAs: 'made-up terminator',
  },
  {
    what: 'a tool call closed as if it were whole',
    cells: CALLED,
    tell: (cell) => withFrames((frames) => [...frames.slice(0, -1), ...terminatorOf(cell)])(cell),
    seenAs: 'made-up terminator',
  },
  {
    what: 'a closing frame behind the error',
    cells: FAILED,
    tell: (cell) => withFrames((frames) => [...frames, ...terminatorOf(cell).slice(-1)])(cell),
    seenAs: 'made-up terminator',
  },
  {
    what: 'two terminals',
    cells: RESCUED,
    tell: withFrames((frames) =>
      frames.flatMap((frame) => (isTerminal(frame) ? [frame, frame] : [frame])),
    ),
    seenAs: 'one terminal',
  },
  {
    what: 'a terminal before the error',
    cells: FAILED,
    tell: (cell) =>
      withFrames((frames) => [
        ...frames.slice(0, -1),
        ...terminatorOf(cell).slice(0, -1),
        ...frames.slice(-1),
      ])(cell),
    seenAs: 'one terminal',
  },
  {
    what: 'four words twice',
    cells: [...RESCUED, ...FAILED],
    tell: withFrames((frames) =>
      frames.flatMap((frame) => (frame.includes('word-05') ? [frame, frame] : [frame])),
    ),
    seenAs: 'doubled or lost text',
  },
  {
    what: 'four words less',
    cells: RESCUED,
    tell: withFrames((frames) => frames.filter((frame) => !frame.includes('word-09'))),
    seenAs: 'doubled or lost text',
  },
  {
    what: 'a blank too many at the seam',
    cells: RESCUED,
    tell: withFrames((frames) => frames.map((frame) => frame.replace('word-13', ' word-13'))),
    seenAs: 'doubled or lost text',
  },
  {
    what: 'a tool call said again',
    cells: CALLED,
    tell: withFrames((frames) =>
      frames.flatMap((frame) =>
        frame.includes('get_weather') ? [frame, frame.replaceAll('call_1', 'call_2')] : [frame],
      ),
    ),
    seenAs: 'replayed tool call',
  },
  {
    what: 'another target asked while a tool call is out',
    cells: CALLED,
    tell: (cell) => ({ ...cell, said: [...cell.said, ...cell.said] }),
    seenAs: 'replayed tool call',
  },
  {
    what: 'a second envelope',
    cells: RESCUED,
    tell: withFrames((frames) =>
      frames.flatMap((frame, index) => (index === 4 ? [frames[0] ?? '', frame] : [frame])),
    ),
    seenAs: 'one envelope',
  },
  {
    what: 'another error than the first',
    cells: [...FAILED, ...REFUSED],
    tell: (cell) => ({
      ...cell,
      answer: {
        ...cell.answer,
        body: cell.answer.body.replace(/"message":"[^"]*"/, '"message":"The prefill is refused."'),
      },
    }),
    seenAs: 'error shown is the root cause',
  },
  {
    what: 'another status than the provider’s',
    cells: REFUSED,
    tell: (cell) => ({ ...cell, answer: { ...cell.answer, statusCode: 502 } }),
    seenAs: 'error shown is the root cause',
  },
  {
    what: 'a failure told as a success',
    cells: FAILED,
    tell: withRequest('secondwind.outcome', 'ok'),
    seenAs: 'outcome is what the bytes say',
  },
  {
    what: 'a rescue that nobody is told of',
    cells: RESCUED,
    tell: withRequest('secondwind.outcome', 'ok'),
    seenAs: 'outcome is what the bytes say',
  },
  {
    what: 'an attempt without a span',
    cells: RESCUED,
    tell: (cell) => ({
      ...cell,
      spans: cell.spans.filter(
        ({ kind, attributes }) =>
          kind !== 'client' || attributes.get('secondwind.attempt.number') === 1,
      ),
    }),
    seenAs: 'spans agree with bytes',
  },
  {
    what: 'more characters delivered than came',
    cells: FAILED,
    tell: (cell) => ({
      ...cell,
      spans: cell.spans.map((span) =>
        span.kind === 'client' ? withAttribute(span, 'secondwind.delivered.chars', 999) : span,
      ),
    }),
    seenAs: 'spans agree with bytes',
  },
  {
    what: 'a frame of the target that is gone, with its own id',
    cells: ['chat/same/fin-mid-chunk/in-text'],
    tell: withFrames((frames) =>
      frames.map((frame, index) => (index === 5 ? frame.replace('target1', 'target2') : frame)),
    ),
    seenAs: 'grammar of the protocol',
  },
  {
    what: 'a block left out of the count',
    cells: ['messages/same/no-closing-frame/after-the-last-content'],
    tell: withFrames((frames) => frames.map((frame) => frame.replace('"index":0', '"index":1'))),
    seenAs: 'grammar of the protocol',
  },
  {
    what: 'an attempt that the error does not list',
    cells: ['chat/same/short-length/in-text', 'messages/cross/short-length/in-text'],
    tell: withBody((body) => body.replace(/,\{"number":2,[^}]*\}/, '')),
    seenAs: 'every attempt is told',
  },
  {
    what: 'an error of another type',
    cells: [...FAILED, ...REFUSED],
    tell: withBody((body) => body.replace(/"type":"(?:server|api)_error"/g, '"type":"made_up"')),
    seenAs: 'every attempt is told',
  },
  {
    what: 'headers of another attempt',
    cells: [...RESCUED, ...REFUSED],
    tell: (cell) => ({
      ...cell,
      answer: { ...cell.answer, headers: { ...cell.answer.headers, 'x-secondwind-attempts': '9' } },
    }),
    seenAs: 'every attempt is told',
  },
  {
    what: 'a seam without its comment',
    cells: RESCUED,
    tell: withBody((body) => body.replace(/: secondwind seam .*\n\n/, '')),
    seenAs: 'every seam is told',
  },
  {
    what: 'a seam that is called verified and is not',
    cells: ['messages/cross/fin-mid-chunk/in-text'],
    tell: withBody((body) => body.replace('verified=false', 'verified=true')),
    seenAs: 'every seam is told',
  },
  {
    what: 'the second model in an envelope of the first',
    cells: RESCUED,
    tell: withBody((body) => body.replace('"model":"served-by-1"', '"model":"served-by-2"')),
    seenAs: 'one model, one count of tokens',
  },
  {
    what: 'tokens that nobody reported',
    cells: ['messages/cross/fin-mid-chunk/in-text'],
    tell: withBody((body) =>
      body.replace(
        /"output_tokens":\d+\}\}\n\nevent: message_stop/,
        '"output_tokens":999}}\n\nevent: message_stop',
      ),
    ),
    seenAs: 'one model, one count of tokens',
  },
  {
    what: 'a guess that is called reported',
    cells: RESCUED,
    tell: withRequest('secondwind.usage.source', 'reported'),
    seenAs: 'one model, one count of tokens',
  },
  {
    what: 'an answer that ended for another reason',
    cells: RESCUED,
    tell: withBody((body) =>
      body
        .replace('"finish_reason":"stop"', '"finish_reason":"length"')
        .replace('"stop_reason":"end_turn"', '"stop_reason":"max_tokens"'),
    ),
    seenAs: 'made-up terminator',
  },
  {
    what: 'a break that came before content, told of text',
    cells: FAILED,
    tell: withRequest('secondwind.root_cause.phase', 'before_content'),
    seenAs: 'the verdict is right',
  },
  {
    what: 'a reason not to go on that was none',
    cells: CALLED,
    tell: withRequest('secondwind.fallbacks.not_tried', 'failure_not_eligible'),
    seenAs: 'the verdict is right',
  },
  {
    what: 'a rescue with a finding of a failure',
    cells: RESCUED,
    tell: withRequest('secondwind.outcome', 'failed'),
    seenAs: 'the verdict is right',
  },
  {
    what: 'a broken stream whose span is well',
    cells: FAILED,
    tell: (cell) => ({
      ...cell,
      spans: cell.spans.map((span) =>
        span.name === 'stream' ? { ...span, status: { ...span.status, code: 'unset' } } : span,
      ),
    }),
    seenAs: 'the verdict is right',
  },
  {
    what: 'a redirect that was followed',
    cells: ['chat/same/redirect/before-headers'],
    tell: (cell) => ({ ...cell, followed: 1 }),
    seenAs: 'hostile upstream',
  },
  {
    what: 'the key of a provider in an error',
    cells: FAILED,
    tell: (cell) => ({
      ...cell,
      answer: {
        ...cell.answer,
        body: cell.answer.body.replace(/"message":"/, '"message":"sk-canary-of-the-provider '),
      },
    }),
    seenAs: 'hostile upstream',
  },
  {
    what: 'a client that raised nothing',
    cells: FAILED,
    tell: (cell) => ({
      ...cell,
      reads: cell.reads.map((read) => ({ ...read, kind: 'silent' as const })),
    }),
    seenAs: 'sdk',
  },
]

const truths = new Map<string, ReadCell>()

beforeAll(async () => {
  const wanted = new Set(LIES.flatMap((lie) => lie.cells))
  const cells = CELLS.filter(({ path }) => wanted.has(path))
  for (const cell of await readMatrix(await runMatrix(cells))) truths.set(cell.cell.path, cell)
}, 60_000)

describe.each(LIES.flatMap((lie) => lie.cells.map((path) => ({ ...lie, path }))))(
  '$what, in $path',
  ({ path, tell, seenAs }) => {
    test(`is seen as "${seenAs}", and the truth is not`, () => {
      const truth = truths.get(path)
      if (truth === undefined) throw new Error(`${path} is no cell`)
      const lie = tell(truth)

      expect(checkCell(truth, truth.reads)).toEqual([])
      expect(checkCell(lie, lie.reads).map(({ invariant }) => invariant)).toContain(seenAs)
    })
  },
)

function withFrames(change: (frames: readonly string[]) => readonly string[]): Lie['tell'] {
  return (cell) => {
    const frames = cell.answer.body
      .split('\n\n')
      .filter((frame) => frame !== '' && !frame.startsWith(':'))
    const body = change(frames)
      .map((frame) => `${frame}\n\n`)
      .join('')
    return { ...cell, answer: { ...cell.answer, body } }
  }
}

function withBody(change: (body: string) => string): Lie['tell'] {
  return (cell) => ({ ...cell, answer: { ...cell.answer, body: change(cell.answer.body) } })
}

function withRequest(key: string, value: string): Lie['tell'] {
  return (cell) => ({
    ...cell,
    spans: cell.spans.map((span) =>
      span.kind === 'server' ? withAttribute(span, key, value) : span,
    ),
  })
}

function withAttribute(span: Span, key: string, value: string | number): Span {
  return { ...span, attributes: new Map([...span.attributes, [key, value]]) }
}

function isTerminal(frame: string): boolean {
  return /"finish_reason":"|"stop_reason":"|response\.completed/.test(frame)
}

/** A terminal and its closing frame, as an honest target would say them. */
function terminatorOf({ cell, answer }: ReadCell): readonly string[] {
  if (cell.client === 'messages') {
    const isOpen = answer.body.includes('content_block_start')
    const delta = {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn' },
      usage: { output_tokens: 1 },
    }
    return [
      ...(isOpen
        ? ['event: content_block_stop\ndata: {"type":"content_block_stop","index":0}']
        : []),
      `event: message_delta\ndata: ${JSON.stringify(delta)}`,
      'event: message_stop\ndata: {"type":"message_stop"}',
    ]
  }
  const id = /"id":"([^"]+)"/.exec(answer.body)?.[1]
  const choices = [{ index: 0, delta: {}, finish_reason: 'stop' }]
  return [
    `data: ${JSON.stringify({ id, object: 'chat.completion.chunk', choices })}`,
    'data: [DONE]',
  ]
}
