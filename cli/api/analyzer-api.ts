import { randomUUID } from 'node:crypto'

import type { WireProblem } from '../../analyzer/api/wire.ts'
import { CommandError, type CommandErrorDetails } from '../command-error.ts'
import { describeNetworkError } from '../describe-network-error.ts'
import { printable } from '../terminal-text.ts'

export interface AnalyzerApiOptions {
  /** Of the page; `/api/v1` is below it. */
  readonly url: string
  readonly token: string | undefined
}

/** The analyzer itself gives up after 8 s. */
const ANSWER_MS_MAX = 15_000
/** A server that is no analyzer may say anything. */
const DETAIL_CHARS_MAX = 300

/** A running analyzer, asked over HTTP. Every way in which it does not answer says what to do. */
export class AnalyzerApi {
  readonly #options: AnalyzerApiOptions

  constructor(options: AnalyzerApiOptions) {
    this.#options = options
  }

  /** `path` is below `/api/v1/`. */
  async get<T>(path: string): Promise<T> {
    const response = await this.#fetch(path)
    if (!response.ok) throw await this.#refusal(response)
    return this.#read<T>(response)
  }

  /** What was cut is sent once more: under one key it is done once. */
  async post<T>(path: string, body: object): Promise<T> {
    const sent = { body, key: randomUUID() }
    try {
      return await this.#postOnce<T>(path, sent)
    } catch (error: unknown) {
      if (!(error instanceof CommandError) || error.code !== 'API_UNREACHABLE') throw error
      return this.#postOnce<T>(path, sent)
    }
  }

  async #postOnce<T>(path: string, sent: Sent): Promise<T> {
    const response = await this.#fetch(path, sent)
    if (response.ok) return this.#read<T>(response)
    const { status } = response
    const problem = await readProblem(response)
    if (status === 409) throw new CommandError('ACT_REFUSED', toDetails(problem))
    if (status === 503 || status === 507) {
      throw new CommandError('ACT_NOT_KEPT', toDetails(problem))
    }
    throw this.#toError(status, problem)
  }

  async #fetch(path: string, sent?: Sent): Promise<Response> {
    const { url, token } = this.#options
    try {
      return await fetch(`${url}/api/v1/${path}`, {
        headers: {
          accept: 'application/json',
          ...(sent !== undefined && {
            'content-type': 'application/json',
            'idempotency-key': sent.key,
          }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(sent !== undefined && { method: 'POST', body: JSON.stringify(sent.body) }),
        // A token is for whoever was named, and for nobody that it is sent on to.
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      })
    } catch (error: unknown) {
      throw this.#unreachable(error)
    }
  }

  async #read<T>(response: Response): Promise<T> {
    let text: string
    try {
      text = await response.text()
    } catch (error: unknown) {
      throw this.#unreachable(error)
    }
    if (isJson(response)) {
      try {
        const value: T = JSON.parse(text)
        return value
      } catch {
        // Half of an answer, or another server's idea of JSON.
      }
    }
    throw this.#notOurs(response.status)
  }

  async #refusal(response: Response): Promise<CommandError> {
    return this.#toError(response.status, await readProblem(response))
  }

  #toError(status: number, problem: Problem): CommandError {
    const { url } = this.#options
    const { detail } = problem
    switch (status) {
      case 400:
        return new CommandError('USAGE', toDetails(problem))
      case 404:
        return detail === ''
          ? this.#notOurs(status)
          : new CommandError('NOT_FOUND', toDetails(problem))
      case 401:
        return new CommandError('API_REFUSES', {
          message: `${url} expects a token`,
          hint: 'pass the one of the analyzer with --auth-token-file FILE',
        })
      case 421:
        return new CommandError('API_REFUSES', {
          message: `${url} is not served under this name`,
          hint: 'start the analyzer with --allowed-host NAME, or name it as it is served',
        })
      case 504:
        return new CommandError('API_TIMEOUT', toDetails(problem))
      default:
        return detail === ''
          ? this.#notOurs(status)
          : new CommandError('API_REFUSES', {
              ...toDetails(problem),
              message: `${url}: ${detail} (HTTP ${status})`,
            })
    }
  }

  #notOurs(status: number): CommandError {
    return new CommandError('API_REFUSES', {
      message: `what answers at ${this.#options.url} is no analyzer of this release (HTTP ${status})`,
      hint: 'name the address of its page with --url: it is in the line that it prints when it is ready',
    })
  }

  #unreachable(error: unknown): CommandError {
    const { url } = this.#options
    const why = describeNetworkError(error, ANSWER_MS_MAX)
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    return new CommandError(isLate ? 'API_TIMEOUT' : 'API_UNREACHABLE', {
      message: `cannot reach an analyzer at ${url}: ${why}`,
      hint: 'start it with "secondwind analyzer", or name another with --url URL',
      cause: error,
    })
  }
}

interface Sent {
  readonly body: object
  readonly key: string
}

interface Problem {
  readonly detail: string
  readonly hint: string
}

function toDetails({ detail, hint }: Problem): CommandErrorDetails {
  const message = detail === '' ? 'the analyzer gave no reason' : detail
  return { message, ...(hint !== '' && { hint }) }
}

const NO_PROBLEM: Problem = { detail: '', hint: '' }

/** Without a detail where it is none of ours. */
async function readProblem(response: Response): Promise<Problem> {
  if (!isJson(response)) return NO_PROBLEM
  try {
    const problem: Partial<WireProblem> = JSON.parse(await response.text())
    return { detail: wordsOf(problem.detail), hint: wordsOf(problem.hint) }
  } catch {
    return NO_PROBLEM
  }
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? printable(value).slice(0, DETAIL_CHARS_MAX) : ''
}

function isJson({ headers }: Response): boolean {
  return /^application\/(?:problem\+)?json\b/iu.test(headers.get('content-type') ?? '')
}
