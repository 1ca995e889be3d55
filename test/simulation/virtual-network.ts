import type {
  Exchange,
  UpstreamCall,
  UpstreamClient,
  UpstreamListener,
} from '../../collector/upstream/send.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import type { DrawnAnswer } from './draw-answer.ts'

/** One call of the router, and what became of it. */
export interface Call {
  readonly call: UpstreamCall
  readonly answer: DrawnAnswer
  readonly sentMs: number
  abortedMs: number | undefined
  paused: boolean
  /** Nothing more will come of it. */
  over: boolean
  bytesDelivered: number
}

const COMMENT = Buffer.from(': still here\n\n')
const COMMENT_EVERY_MS = 5000

/**
 * The network and the providers behind it, in memory: every event is a timer of the virtual clock.
 */
export function createVirtualNetwork(
  clock: FakeClock,
  draw: (call: UpstreamCall) => DrawnAnswer,
): { readonly client: UpstreamClient; readonly calls: readonly Call[] } {
  const calls: Call[] = []
  return {
    calls,
    client: {
      close: () => Promise.resolve(),
      send(call, listener) {
        const made: Call = {
          call,
          answer: draw(call),
          sentMs: clock.now(),
          abortedMs: undefined,
          paused: false,
          over: false,
          bytesDelivered: 0,
        }
        calls.push(made)
        return new VirtualExchange(clock, made, listener)
      },
    },
  }
}

interface Step {
  readonly afterMs: number
  readonly act: () => void
}

class VirtualExchange implements Exchange {
  readonly #clock: FakeClock
  readonly #made: Call
  readonly #listener: UpstreamListener
  readonly #steps: Iterator<Step>
  #cancel: (() => void) | undefined
  /** A step that fell due while the reader was paused. */
  #due: Step | undefined

  constructor(clock: FakeClock, made: Call, listener: UpstreamListener) {
    this.#clock = clock
    this.#made = made
    this.#listener = listener
    this.#steps = this.#plan()
    this.#next()
  }

  pause(): void {
    this.#made.paused = true
  }

  resume(): void {
    this.#made.paused = false
    const due = this.#due
    this.#due = undefined
    if (due !== undefined) this.#run(due)
  }

  abort(): void {
    if (this.#made.over) return
    this.#made.over = true
    this.#made.abortedMs = this.#clock.now()
    this.#cancel?.()
  }

  *#plan(): Generator<Step> {
    const { answer } = this.#made
    const { connectMs, head } = answer
    if (connectMs === undefined) {
      yield { afterMs: 1, act: () => this.#fail('ECONNREFUSED') }
      return
    }
    yield { afterMs: connectMs, act: () => this.#listener.connected() }
    if (head !== undefined) {
      yield {
        afterMs: answer.headMs,
        act: () => this.#listener.head({ statusCode: head.status, headers: head.headers }),
      }
      yield* this.#body()
    }
    if (answer.ending === 'reset') yield { afterMs: 1, act: () => this.#fail('ECONNRESET') }
    if (answer.ending === 'end') yield { afterMs: 1, act: () => this.#end() }
    while (answer.ending === 'comments') {
      yield { afterMs: COMMENT_EVERY_MS, act: () => this.#listener.data(COMMENT) }
    }
  }

  *#body(): Generator<Step> {
    const { body, cuts, gapMs } = this.#made.answer
    for (const [index, end] of [...cuts, body.length].entries()) {
      const piece = body.subarray(cuts[index - 1] ?? 0, end)
      if (piece.length === 0) continue
      yield {
        afterMs: gapMs,
        act: () => {
          this.#made.bytesDelivered += piece.length
          this.#listener.data(piece)
        },
      }
    }
  }

  #next(): void {
    if (this.#made.over) return
    const step = this.#steps.next()
    if (step.done === true) return
    this.#cancel = this.#clock.setTimer(step.value.afterMs, () => {
      if (this.#made.paused) this.#due = step.value
      else this.#run(step.value)
    })
  }

  #run(step: Step): void {
    if (this.#made.over) return
    step.act()
    this.#next()
  }

  #fail(code: string): void {
    this.#made.over = true
    this.#listener.failed({ code, message: `simulated ${code}` })
  }

  #end(): void {
    this.#made.over = true
    this.#listener.end()
  }
}
