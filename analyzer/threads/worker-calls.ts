import { parentPort, type Transferable, type Worker } from 'node:worker_threads'

import { AnalyzerError, type AnalyzerErrorCode } from '../errors.ts'
import type { LogLevel, WriteLog } from '../log.ts'

/**
 * Calls from the main thread to a worker and its answers, over messages. Both ends are ours and of
 * one build, so that messages are not validated.
 */
type ToWorker<Request> =
  | { readonly kind: 'call'; readonly id: number; readonly request: Request }
  | { readonly kind: 'stop' }

type FromWorker<Answer, Event> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'log'; readonly line: string; readonly level: LogLevel }

/** An `AnalyzerError` does not survive the way between threads as what it is. */
interface Refusal {
  readonly code?: AnalyzerErrorCode
  readonly message: string
  readonly hint: string
}

export interface WorkerHandlers<Event> {
  readonly log: WriteLog
  readonly onEvent?: (event: Event) => void
  /** It ended although nobody told it to: nothing that depends on it works any more. */
  readonly onDeath: (reason: string) => void
}

/** The main thread's end. */
export class WorkerCalls<Request, Answer, Event = never> {
  readonly #worker: Worker
  readonly #handlers: WorkerHandlers<Event>
  readonly #waiting = new Map<number, Waiting<Answer>>()
  readonly #ready: Promise<void>
  #settleReady: { resolve: () => void; reject: (error: Error) => void } | undefined
  #lastId = 0
  #isReady = false
  #ended = false
  #stopping = false

  constructor(worker: Worker, handlers: WorkerHandlers<Event>) {
    this.#worker = worker
    this.#handlers = handlers
    this.#ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject }
    })
    // Not everybody waits for it.
    this.#ready.catch(() => undefined)
    worker.on('message', (message: FromWorker<Answer, Event>) => this.#receive(message))
    worker.on('error', (error) => this.#end(error.stack ?? error.message))
    worker.on('exit', (code) => this.#end(`it exited with code ${code}`))
  }

  /** Rejects with the worker's own error where it cannot start. */
  ready(): Promise<void> {
    return this.#ready
  }

  call(request: Request, transfer: readonly Transferable[] = []): Promise<Answer> {
    if (this.#ended || this.#stopping) return Promise.reject(new Error('the worker has stopped'))
    this.#lastId += 1
    const id = this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#post({ kind: 'call', id, request }, transfer)
    })
  }

  /**
   * Lets it finish what it was given; resolves when the thread is gone. One that is still starting
   * was given nothing, and hears nothing until it is done: it is ended as a crash would end it.
   */
  async stop(): Promise<void> {
    if (this.#ended) return
    this.#stopping = true
    if (!this.#isReady) {
      await this.#worker.terminate()
      return
    }
    const gone = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()))
    this.#post({ kind: 'stop' }, [])
    await gone
  }

  #post(message: ToWorker<Request>, transfer: readonly Transferable[]): void {
    this.#worker.postMessage(message, [...transfer])
  }

  #receive(message: FromWorker<Answer, Event>): void {
    switch (message.kind) {
      case 'ready':
        this.#isReady = true
        this.#settleReady?.resolve()
        return
      case 'refused':
        this.#stopping = true
        this.#settleReady?.reject(toError(message.refusal))
        return
      case 'answer':
        this.#take(message.id)?.resolve(message.answer)
        return
      case 'failed':
        this.#take(message.id)?.reject(new Error(message.message))
        return
      case 'event':
        this.#handlers.onEvent?.(message.event)
        return
      case 'log':
        this.#handlers.log(message.line, message.level)
    }
  }

  #take(id: number): Waiting<Answer> | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  #end(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    const error = new Error(`the worker is gone: ${reason}`)
    this.#settleReady?.reject(error)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
    if (!this.#stopping) this.#handlers.onDeath(reason)
  }
}

interface Waiting<Answer> {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

function toError({ code, message, hint }: Refusal): Error {
  return code === undefined ? new Error(message) : new AnalyzerError(code, { message, hint })
}

export interface WorkerContext<Event> {
  readonly log: WriteLog
  readonly emit: (event: Event) => void
}

export interface WorkerPart<Request, Answer> {
  readonly answer: (request: Request) => Answer | Promise<Answer>
  /** Finishes and closes. */
  readonly stop: () => void
}

/** The worker's end: starts its part, answers calls, and ends when it is told to. */
export function runWorker<Request, Answer, Event = never>(
  start: (context: WorkerContext<Event>) => WorkerPart<Request, Answer>,
): void {
  const port = parentPort
  if (port === null) throw new TypeError('this file is started as a worker only')
  const post = (message: FromWorker<Answer, Event>): void => port.postMessage(message)
  let part: WorkerPart<Request, Answer>
  try {
    part = start({
      log: (line, level = 'info') => post({ kind: 'log', line, level }),
      emit: (event) => post({ kind: 'event', event }),
    })
  } catch (error: unknown) {
    post({ kind: 'refused', refusal: toRefusal(error) })
    return
  }
  port.on('message', (message: ToWorker<Request>) => {
    if (message.kind === 'stop') {
      part.stop()
      // What was settled a moment ago is still to be answered.
      setImmediate(() => port.close())
      return
    }
    const { id, request } = message
    Promise.resolve()
      .then(() => part.answer(request))
      .then(
        (answer) => post({ kind: 'answer', id, answer }),
        (error: unknown) => post({ kind: 'failed', id, message: describe(error) }),
      )
      .catch((error: unknown) => {
        // An answer that cannot be posted is a defect; the thread's end makes it known.
        throw error
      })
  })
  post({ kind: 'ready' })
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof AnalyzerError) {
    return { code: error.code, message: error.message, hint: error.hint }
  }
  return { message: describe(error), hint: '' }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
