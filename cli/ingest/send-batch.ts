import { CommandError } from '../command-error.ts'
import { describeNetworkError } from '../describe-network-error.ts'
import { halveBatch, spansOf, type Batch } from '../span-files/batch.ts'
import { readMessage, readRejections } from './otlp-answer.ts'
import { encodeRequest } from '../span-files/piece.ts'
import { addSent, type SendBatch, type Sent } from './sent.ts'

export interface SenderOptions {
  readonly url: string
  readonly token: string | undefined
  readonly onWait: (reason: string, waitMs: number) => void
  readonly wait: (ms: number) => Promise<void>
  readonly now: () => number
}

/** For one answer: an analyzer that commits needs milliseconds, a disk that hangs some seconds. */
const ANSWER_MS_MAX = 60_000
/** Without an answer that says so, the analyzer may be starting again; longer is another matter. */
const UNREACHABLE_MS_MAX = 60_000
const BACKOFF_MS_MIN = 500
const BACKOFF_MS_MAX = 10_000
/** Nobody asks to be left alone for longer; a wrong header may. */
const RETRY_AFTER_MS_MAX = 5 * 60_000

type Answered =
  | { readonly kind: 'taken'; readonly body: Buffer }
  | { readonly kind: 'later'; readonly reason: string; readonly waitMs: number | undefined }
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** This batch is at fault: 400, 413. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Whoever answers there will take nothing from us. */
  | { readonly kind: 'shut'; readonly reason: string; readonly hint: string }

/**
 * Sends batches to an OTLP/HTTP receiver, again and again while it asks for that. A batch that is
 * refused is halved until the span at fault is alone, so that it takes no other with it.
 */
export class Sender {
  readonly #options: SenderOptions
  #reachedAtMs: number | undefined

  constructor(options: SenderOptions) {
    this.#options = options
  }

  readonly send: SendBatch = async (batch) => {
    for (let round = 0; ; round += 1) {
      // oxlint-disable-next-line no-await-in-loop
      const answer = await this.#post(batch)
      if (answer.kind !== 'unreachable') this.#reachedAtMs = this.#options.now()
      switch (answer.kind) {
        case 'taken': {
          const { count, reasons } = readRejections(batch.encoding, answer.body)
          return { accepted: spansOf(batch) - count, rejected: reasons }
        }
        case 'refused':
          return this.#sendHalves(batch, answer.reason)
        case 'shut':
          throw new CommandError('RECEIVER_REFUSES', {
            message: `${this.#options.url} takes no spans from here: ${answer.reason}`,
            hint: answer.hint,
          })
        case 'unreachable':
          this.#giveUpIfLong(answer.reason)
          // oxlint-disable-next-line no-await-in-loop
          await this.#wait(answer.reason, backoffMs(round))
          break
        case 'later':
          // oxlint-disable-next-line no-await-in-loop
          await this.#wait(answer.reason, answer.waitMs ?? backoffMs(round))
          break
        default:
          answer satisfies never
      }
    }
  }

  async #sendHalves(batch: Batch, reason: string): Promise<Sent> {
    const halves = halveBatch(batch)
    if (halves.length === 0) return { accepted: 0, rejected: new Map([[reason, spansOf(batch)]]) }
    let sent: Sent = { accepted: 0, rejected: new Map() }
    for (const half of halves) {
      // oxlint-disable-next-line no-await-in-loop
      sent = addSent(sent, await this.send(half))
    }
    return sent
  }

  /** Where nobody ever answered, a wrong address is likelier than a restart. */
  #giveUpIfLong(reason: string): void {
    const { url, now } = this.#options
    if (this.#reachedAtMs !== undefined && now() - this.#reachedAtMs < UNREACHABLE_MS_MAX) return
    throw new CommandError('RECEIVER_UNREACHABLE', {
      message: `${url} cannot be reached: ${reason}`,
      hint:
        this.#reachedAtMs === undefined
          ? 'start it with "secondwind analyzer", or name another with --to URL'
          : 'run the same command again when it is back: spans that are there already are not stored twice',
    })
  }

  async #wait(reason: string, waitMs: number): Promise<void> {
    this.#options.onWait(reason, waitMs)
    await this.#options.wait(waitMs)
  }

  async #post(batch: Batch): Promise<Answered> {
    const { url, token, now } = this.#options
    const type = batch.encoding === 'json' ? 'application/json' : 'application/x-protobuf'
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': type,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: Uint8Array.from(encodeRequest(batch.encoding, batch.pieces)),
        // Spans are for whoever was named, and for nobody that they are sent on to.
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
      const body = Buffer.from(await response.arrayBuffer())
      return judge(response, body, now())
    } catch (error: unknown) {
      return { kind: 'unreachable', reason: describeNetworkError(error, ANSWER_MS_MAX) }
    }
  }
}

function judge(response: Response, body: Buffer, nowMs: number): Answered {
  const { status, headers } = response
  if (status === 200) return { kind: 'taken', body }
  const message = readMessage(headers.get('content-type'), body)
  const reason = message === '' ? `HTTP ${status}` : `${message} (HTTP ${status})`
  switch (status) {
    case 429:
    case 502:
    case 503:
    case 504:
      return { kind: 'later', reason, waitMs: readRetryAfter(headers.get('retry-after'), nowMs) }
    case 400:
    case 413:
      return { kind: 'refused', reason }
    case 401:
    case 403:
      return { kind: 'shut', reason, hint: 'pass the token that it expects with --token-file FILE' }
    case 421:
      return { kind: 'shut', reason, hint: 'start the analyzer with --allowed-host NAME' }
    default:
      return {
        kind: 'shut',
        reason,
        hint: 'name the address of an OTLP/HTTP receiver with --to, for instance http://127.0.0.1:4318',
      }
  }
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
export function readRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null || value === '') return undefined
  const waitMs = /^\d+$/u.test(value) ? Number(value) * 1000 : Date.parse(value) - nowMs
  if (Number.isNaN(waitMs)) return undefined
  return Math.min(Math.max(waitMs, 0), RETRY_AFTER_MS_MAX)
}

function backoffMs(round: number): number {
  const base = Math.min(BACKOFF_MS_MIN * 2 ** round, BACKOFF_MS_MAX)
  return base * (0.5 + Math.random() / 2)
}
