/** The one place that talks to the analyzer. Failures are data: a page keeps what it last had. */
export type ApiResult<T> =
  | { readonly kind: 'loaded'; readonly data: T; readonly text: string }
  | Failed

interface Failed {
  readonly kind: 'failed'
  readonly failure: ApiFailure
}

export interface ApiFailure {
  readonly reason: 'unreachable' | 'not-found' | 'refused' | 'not-understood'
  /** The analyzer's own answer; absent where there was none, or none that is its. */
  readonly status?: number
  readonly title: string
  readonly detail: string
  readonly hint: string
}

/** Longer than the analyzer's own limit on a query, so that its answer is seen and not ours. */
const REQUEST_TIMEOUT_MS = 10_000

/** `path` is below `/api/v1/`. */
export function fetchWire<T>(path: string, signal: AbortSignal): Promise<ApiResult<T>> {
  return ask<T>(path, {
    headers: { accept: 'application/json' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  })
}

export interface Sent {
  readonly body: object
  /** The same again is not done again. */
  readonly key: string
}

/**
 * Sends what changes something; it is not given up when the reader turns to another view. What was
 * cut is sent once more: the answer may have been lost, and not the question.
 */
export async function sendWire<T>(path: string, { body, key }: Sent): Promise<ApiResult<T>> {
  const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
  const send = (): Promise<ApiResult<T>> =>
    ask<T>(path, {
      method: 'POST',
      headers: {
        accept: 'application/json',
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify(body),
      signal,
    })
  const first = await send()
  const result = isCut(first) && !signal.aborted ? await send() : first
  return isCut(result) ? failed({ ...result.failure, hint: MAYBE_KEPT }) : result
}

function isCut(result: ApiResult<unknown>): result is Failed {
  return result.kind === 'failed' && result.failure.reason === 'unreachable'
}

const MAYBE_KEPT =
  'Whether it was kept is not known. Send it again as it is: it is kept once. Is `secondwind analyzer` (or `secondwind serve`) still running?'

/** Whether the analyzer may have done it, although it did not say so. */
export function isOpenEnded({ status }: ApiFailure): boolean {
  return status === undefined || status === 504
}

async function ask<T>(path: string, init: RequestInit): Promise<ApiResult<T>> {
  let response: Response
  let text: string
  try {
    response = await fetch(`/api/v1/${path}`, init)
    text = await response.text()
  } catch (error) {
    return failed({ ...UNREACHABLE, detail: describeError(error) })
  }
  if (!response.ok) return failed(toFailure(response.status, text))
  const data = parseObject(text)
  return data !== undefined && isWire<T>(data)
    ? { kind: 'loaded', data, text }
    : failed(NOT_UNDERSTOOD)
}

const UNREACHABLE = {
  reason: 'unreachable',
  title: 'The analyzer does not answer',
  detail: '',
  hint: 'Is `secondwind analyzer` (or `secondwind serve`) still running? The page tries again by itself.',
} as const satisfies ApiFailure

const NOT_UNDERSTOOD: ApiFailure = {
  reason: 'not-understood',
  title: 'The analyzer speaks another version',
  detail: 'Its answer does not have schemaVersion 1.',
  hint: 'Reload the page; if that does not help, page and analyzer are of different releases.',
}

/** Problem details (RFC 9457) where the analyzer sent them, else what the status says. */
export function toFailure(status: number, body: string): ApiFailure {
  const problem = parseObject(body)
  const reason = status === 404 ? 'not-found' : 'refused'
  if (status >= 502 && status <= 504 && problem === undefined) {
    return { ...UNREACHABLE, detail: `HTTP ${status}` }
  }
  return {
    reason,
    status,
    title: textOf(problem, 'title') || `The analyzer answered HTTP ${status}`,
    detail: textOf(problem, 'detail'),
    hint: textOf(problem, 'hint'),
  }
}

/** The schema's version is the whole check: page and analyzer are built from one source. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the type.
function isWire<T>(value: object): value is T & object {
  return !('schemaVersion' in value) || value.schemaVersion === 1
}

function parseObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // Not JSON: a proxy's page, or half an answer. The caller says so.
    return undefined
  }
}

function textOf(value: object | undefined, key: string): string {
  if (value === undefined || !Object.hasOwn(value, key)) return ''
  const text: unknown = Reflect.get(value, key)
  return typeof text === 'string' ? text : ''
}

function failed(failure: ApiFailure): Failed {
  return { kind: 'failed', failure }
}

function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
