import type { WriteLog } from '../log.ts'
import { messageOf } from '../message-of.ts'

/**
 * One commit for all that came in this time: an fsync costs more than decoding hundreds of spans.
 */
const GROUP_MS = 5
/** … but where as many spans have come as this, nobody waits for more to come. */
const GROUP_SPANS = 512
/**
 * … and what has come already, and only waits for this thread, is part of the same commit: under
 * load groups grow by themselves, and with them what is written between two fsyncs. No further than
 * this: a tenth of a second.
 */
const GROUP_SPANS_MAX = 4096

/** What one commit came to. */
export interface CommitReport {
  readonly tookMs: number
  /** Why nothing of it was stored. */
  readonly failure?: { readonly why: string; readonly isStoreTrouble: boolean }
}

export interface GroupCommitOptions<Body> {
  /** All of it is on disk when it returns; nothing of it is stored when it throws. */
  readonly write: (bodies: readonly Body[]) => void
  /** Called while nobody waits, behind a commit that was not a full one. */
  readonly tidyUp: () => void
  /** Disk full, file locked: it passes, and is no body's fault. Anything else is a body's. */
  readonly isStoreTrouble: (error: unknown) => boolean
  readonly onCommit: (report: CommitReport) => void
  readonly log: WriteLog
}

/** Whether the body is on disk. */
type Settle = (stored: boolean) => void

interface Waiting<Body> {
  readonly body: Body
  readonly settle: Settle
}

/**
 * Commits bodies in groups. What it answers is a promise to their senders: `true` is said after the
 * commit is on disk (invariant I7), and of a group that cannot be stored nothing is.
 */
export class GroupCommit<Body> {
  readonly #options: GroupCommitOptions<Body>
  #group: Waiting<Body>[] = []
  #spans = 0
  /** Trouble that was told in the log, until a commit succeeds: senders come again and again. */
  #trouble: string | undefined
  #timer: NodeJS.Timeout | undefined
  #turn: NodeJS.Immediate | undefined
  #tidying: NodeJS.Immediate | undefined

  constructor(options: GroupCommitOptions<Body>) {
    this.#options = options
  }

  add(body: Body, spanCount: number): Promise<boolean> {
    return new Promise((settle) => {
      this.#group.push({ body, settle })
      this.#spans += spanCount
      if (this.#spans >= GROUP_SPANS_MAX) this.flush()
      else if (this.#spans >= GROUP_SPANS) this.#turn ??= setImmediate(() => this.flush())
      else this.#timer ??= setTimeout(() => this.#flushAndTidy(), GROUP_MS)
    })
  }

  /** Commits what is waiting. */
  flush(): void {
    clearTimeout(this.#timer)
    clearImmediate(this.#turn)
    clearImmediate(this.#tidying)
    this.#timer = undefined
    this.#turn = undefined
    const group = this.#group
    if (group.length === 0) return
    this.#group = []
    this.#spans = 0
    const failure = this.#write(group)
    if (
      failure === undefined ||
      group.length === 1 ||
      this.#options.isStoreTrouble(failure.error)
    ) {
      for (const { settle } of group) settle(failure === undefined)
      return
    }
    // One of them cannot be stored; which one, only trying tells. Its neighbours are stored, or
    // they would come again and again with it.
    for (const waiting of group) waiting.settle(this.#write([waiting]) === undefined)
  }

  /** Those who waited are answered first. */
  #flushAndTidy(): void {
    this.flush()
    this.#tidying = setImmediate(() => {
      if (this.#group.length === 0) this.#options.tidyUp()
    })
  }

  #write(group: readonly Waiting<Body>[]): { readonly error: unknown } | undefined {
    const { write, isStoreTrouble, onCommit } = this.#options
    const startedMs = performance.now()
    try {
      write(group.map(({ body }) => body))
      onCommit({ tookMs: performance.now() - startedMs })
      this.#tellEnd()
      return undefined
    } catch (error: unknown) {
      const why = messageOf(error)
      const failure = { why, isStoreTrouble: isStoreTrouble(error) }
      this.#tell(failure)
      onCommit({ tookMs: performance.now() - startedMs, failure })
      return { error }
    }
  }

  /** A full disk is told once: a line for each commit would fill what is left of it. */
  #tell({ why, isStoreTrouble }: NonNullable<CommitReport['failure']>): void {
    if (isStoreTrouble && this.#trouble === why) return
    if (isStoreTrouble) this.#trouble = why
    this.#options.log(`spans were not stored, their senders come again: ${why}`, 'error')
  }

  #tellEnd(): void {
    if (this.#trouble === undefined) return
    this.#trouble = undefined
    this.#options.log('spans are stored again')
  }
}
