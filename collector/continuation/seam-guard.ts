import type { StopKind } from '../protocol/event.ts'
import type { Strategy } from '../vocabulary.ts'
import { bare, indexAfterBare, withoutRepeatedSpace } from './bare-text.ts'
import type { Seam } from './client-stream.ts'
import { withoutHalfAtEnd } from './half-character.ts'
import { readDelivered, readEvidence, REPETITION_CHARS_MIN } from './seam-evidence.ts'
import type { DeliveredText } from './seam-evidence.ts'

/** Enough to hear a model's opening words, too little to be noticed as a pause. */
export const HOLD_CHARS = 400
export const HOLD_MS = 1000
/** Twice what can be a repetition; mere white space must not be held for ever. */
const HELD_CHARS_MAX = 16 * 1024

export interface SeamGuardOptions {
  /** The text that the client holds. */
  readonly delivered: string
  readonly strategy: Strategy
  /** Absent: nothing was asked for, so that nothing can be verified or required. */
  readonly anchor?: string
  readonly requireAnchor: boolean
}

export type SeamStep =
  | { readonly kind: 'held' }
  /** The guard's work is done: `text` follows what was delivered, the rest of the stream too. */
  | { readonly kind: 'joined'; readonly text: string; readonly seam: Seam }
  | { readonly kind: 'diverged'; readonly detail: string }

type Phase =
  | { readonly kind: 'deciding' }
  /** Starting over: swallowed while it equals `delivered.bare`, of which `at` characters have. */
  | { readonly kind: 'aligning'; readonly at: number }
  /** The place is known; only white space has come since. */
  | Joining

interface Joining {
  readonly kind: 'joining'
  readonly verified: boolean
  readonly aligned: boolean
  /** What follows repeats the white space that was delivered last. */
  readonly repeatsSpace: boolean
}

const VERIFIED: Joining = { kind: 'joining', verified: true, aligned: false, repeatsSpace: true }
const ALIGNED: Joining = { kind: 'joining', verified: false, aligned: true, repeatsSpace: true }
const REPEATED: Joining = { ...VERIFIED, verified: false }

/**
 * Stands at the seam: holds back the beginning of a new stream until it shows whether it goes on,
 * repeats or starts over, and joins it so that every word reaches the client once, or not at all.
 */
export class SeamGuard {
  readonly #options: SeamGuardOptions
  readonly #delivered: DeliveredText
  /** What the client holds without the half of a character that the break may have left. */
  readonly #text: string
  #phase: Phase
  #held = ''
  #droppedChars = 0
  #startedMs: number | undefined
  #isHoldOver = false

  constructor(options: SeamGuardOptions) {
    this.#options = options
    this.#text = withoutHalfAtEnd(options.delivered)
    this.#delivered = readDelivered(this.#text, options.anchor)
    this.#phase =
      options.strategy === 'restart' ? { kind: 'aligning', at: 0 } : { kind: 'deciding' }
  }

  /** When the hold ends at the latest, unless the stream is still a prefix of a repetition. */
  get heldUntilMs(): number | undefined {
    if (this.#startedMs === undefined || this.#isHoldOver) return undefined
    return this.#startedMs + HOLD_MS
  }

  push(text: string, nowMs: number): SeamStep {
    this.#startedMs ??= nowMs
    this.#held += text
    if (this.#held.length >= HOLD_CHARS || nowMs - this.#startedMs >= HOLD_MS) {
      this.#isHoldOver = true
    }
    return this.#decide(nowMs, false)
  }

  release(nowMs: number): SeamStep {
    this.#isHoldOver = true
    return this.#decide(nowMs, false)
  }

  /**
   * No more text will come: the terminal did, saying why (`stop`), or something else than text.
   */
  finish(nowMs: number, stop?: StopKind): SeamStep {
    this.#isHoldOver = true
    return this.#decide(nowMs, true, stop)
  }

  #decide(nowMs: number, isWhole: boolean, stop?: StopKind): SeamStep {
    if (this.#phase.kind === 'deciding') {
      const step = this.#weigh(nowMs, isWhole, stop)
      if (step !== undefined) return step
    }
    if (this.#phase.kind === 'aligning') {
      const step = this.#align(this.#phase.at, isWhole)
      if (step !== undefined) return step
    }
    if (this.#phase.kind === 'joining') return this.#join(nowMs, isWhole)
    return { kind: 'held' }
  }

  /** Undefined: the phase has changed. */
  #weigh(nowMs: number, isWhole: boolean, stop: StopKind | undefined): SeamStep | undefined {
    const evidence = readEvidence(this.#held, this.#delivered, isWhole)
    switch (evidence.kind) {
      case 'anchor':
        this.#drop(indexAfterBare(this.#held, evidence.bareChars))
        // Twice is an echo by all likelihood, and no proof.
        this.#phase = evidence.isEchoed ? REPEATED : VERIFIED
        return undefined
      case 'repetition':
        this.#drop(indexAfterBare(this.#held, evidence.bareChars))
        this.#phase = REPEATED
        return undefined
      case 'start-over':
        this.#drop(indexAfterBare(this.#held, evidence.skip))
        this.#phase = { kind: 'aligning', at: 0 }
        return undefined
      case 'pending':
        if (isWhole) return this.#endPending(nowMs, stop)
        if (this.#held.length <= HELD_CHARS_MAX) return { kind: 'held' }
        if (bare(this.#held).length >= REPETITION_CHARS_MIN) return endedInside
        return this.#joinUnverified(nowMs, isWhole)
      case 'none':
        // Asked for an anchor, a model may clear its throat first; without one nothing can follow.
        if (this.#delivered.anchor !== '' && !this.#isHoldOver) return { kind: 'held' }
        return this.#joinUnverified(nowMs, isWhole)
      default:
        return evidence satisfies never
    }
  }

  /** The stream ended while it could still have been a repetition, or before it said anything. */
  #endPending(nowMs: number, stop: StopKind | undefined): SeamStep | undefined {
    const said = bare(this.#held)
    const { anchor } = this.#delivered
    // The limit of tokens came within the anchor: nothing new was said, and the end is its own.
    if (said !== '' && stop === 'length' && anchor.startsWith(said)) {
      this.#drop(this.#held.length)
      this.#phase = REPEATED
      return undefined
    }
    if (said.length >= REPETITION_CHARS_MIN) return endedInside
    // Asked to go on, it did nothing of what it was asked: that is no end of a broken answer.
    if (said === '' && stop === 'end' && anchor !== '') return saidNothing
    return this.#joinUnverified(nowMs, true)
  }

  #joinUnverified(nowMs: number, isWhole: boolean): SeamStep {
    if (this.#options.requireAnchor && this.#delivered.anchor !== '') {
      return { kind: 'diverged', detail: 'the target did not begin with the anchor' }
    }
    // A prefill is sent without its last white space. Who was sent all of it is taken at its word.
    const repeatsSpace = this.#options.strategy === 'prefill'
    this.#phase = { kind: 'joining', verified: false, aligned: false, repeatsSpace }
    return this.#join(nowMs, isWhole)
  }

  #align(from: number, isWhole: boolean): SeamStep | undefined {
    const next = bare(this.#held)
    const rest = this.#delivered.bare.slice(from, from + next.length)
    if (!next.startsWith(rest)) return startedOverDifferently
    const at = from + rest.length
    this.#drop(indexAfterBare(this.#held, rest.length))
    if (at < this.#delivered.bare.length) {
      this.#phase = { kind: 'aligning', at }
      return isWhole ? endedInside : undefined
    }
    this.#phase = ALIGNED
    return undefined
  }

  #join(nowMs: number, isWhole: boolean): SeamStep {
    const phase = this.#phase
    if (phase.kind !== 'joining') return { kind: 'held' }
    const isSpace = this.#held.trim() === ''
    if (isSpace && !isWhole && this.#held.length <= HELD_CHARS_MAX) return { kind: 'held' }
    const whole = phase.repeatsSpace ? withoutRepeatedSpace(this.#text, this.#held) : this.#held
    // The client has the first half of a character: only its other half can follow.
    const half = this.#options.delivered.slice(this.#text.length)
    if (!whole.startsWith(half)) return brokeCharacter
    const text = whole.slice(half.length)
    const seam: Seam = {
      verified: phase.verified,
      aligned: phase.aligned,
      droppedChars: this.#droppedChars + this.#held.length - text.length,
      heldMs: this.#startedMs === undefined ? 0 : Math.max(0, nowMs - this.#startedMs),
    }
    this.#held = ''
    return { kind: 'joined', text, seam }
  }

  #drop(chars: number): void {
    this.#droppedChars += chars
    this.#held = this.#held.slice(chars)
  }
}

const endedInside: SeamStep = {
  kind: 'diverged',
  detail: 'the target repeated what was delivered and ended before its end',
}

const saidNothing: SeamStep = {
  kind: 'diverged',
  detail: 'the target was asked to go on and said nothing',
}

const brokeCharacter: SeamStep = {
  kind: 'diverged',
  detail: 'the stream broke inside a character that the target did not repeat',
}

const startedOverDifferently: SeamStep = {
  kind: 'diverged',
  detail: 'the target started over and went on in other words',
}
