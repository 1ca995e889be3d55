import type { StreamEvent } from '../protocol/event.ts'
import type { Seam } from './client-stream.ts'
import { SeamGuard } from './seam-guard.ts'
import type { SeamGuardOptions, SeamStep } from './seam-guard.ts'
import { StopScanner } from './stop-scanner.ts'

export interface SpliceOptions extends SeamGuardOptions {
  readonly stopSequences: readonly string[]
}

export type SpliceStep =
  /** `events` go to the client; `seam` is set once, where the first of them begins. */
  | { readonly kind: 'say'; readonly events: readonly StreamEvent[]; readonly seam?: Seam }
  | { readonly kind: 'diverged'; readonly detail: string }

/**
 * Everything that comes from behind a seam passes here: the guard decides where the new stream
 * stands, then a stop sequence that straddles the seam is looked for.
 */
export class Splice {
  readonly #guard: SeamGuard
  readonly #scanner: StopScanner
  #seam: Seam | undefined

  constructor(options: SpliceOptions) {
    this.#guard = new SeamGuard(options)
    this.#scanner = new StopScanner(options.stopSequences, options.delivered)
  }

  get heldUntilMs(): number | undefined {
    return this.#seam === undefined ? this.#guard.heldUntilMs : undefined
  }

  push(event: StreamEvent, nowMs: number): SpliceStep {
    switch (event.kind) {
      case 'text':
        return this.#seam === undefined
          ? this.#settle(this.#guard.push(event.text, nowMs))
          : { kind: 'say', events: this.#scan(event.text) }
      case 'terminal':
        return this.#after(this.#finish(nowMs, event), event)
      case 'refusal':
      case 'tool-call':
      case 'tool-arguments':
        return this.#after(this.#finish(nowMs), event)
      case 'usage':
      case 'closing':
        return { kind: 'say', events: [event] }
      // The envelope is the first target's; a second chain of thought, and what only the second
      // target's own protocol can say, belong to nothing that the client has.
      case 'start':
      case 'prelude':
      case 'reasoning':
      case 'other':
      case 'error':
      case 'malformed':
        return NOTHING
      default:
        return event satisfies never
    }
  }

  release(nowMs: number): SpliceStep {
    return this.#seam === undefined ? this.#settle(this.#guard.release(nowMs)) : NOTHING
  }

  #finish(nowMs: number, terminal?: TerminalEvent): SpliceStep {
    return this.#seam === undefined
      ? this.#settle(this.#guard.finish(nowMs, terminal?.stop))
      : NOTHING
  }

  /** What is held goes out before `event`: nothing can follow that would complete a sequence. */
  #after(step: SpliceStep, event: StreamEvent): SpliceStep {
    if (step.kind === 'diverged' || step.events.some(({ kind }) => kind === 'terminal')) return step
    return { ...step, events: [...step.events, ...textEvents(this.#scanner.flush()), event] }
  }

  #settle(step: SeamStep): SpliceStep {
    if (step.kind === 'held') return NOTHING
    if (step.kind === 'diverged') return step
    this.#seam = step.seam
    return { kind: 'say', events: this.#scan(step.text), seam: step.seam }
  }

  #scan(text: string): readonly StreamEvent[] {
    const step = this.#scanner.push(text)
    switch (step.kind) {
      case 'held':
        return []
      case 'passed':
        return textEvents(step.text)
      case 'stopped':
        return [
          { kind: 'terminal', native: 'stop_sequence', stop: 'end', sequence: step.sequence },
          { kind: 'closing' },
        ]
      default:
        return step satisfies never
    }
  }
}

type TerminalEvent = Extract<StreamEvent, { readonly kind: 'terminal' }>

const NOTHING = { kind: 'say', events: [] } as const

function textEvents(text: string): readonly StreamEvent[] {
  return text === '' ? [] : [{ kind: 'text', text }]
}
