import type { ClientError } from '../protocol/protocol.ts'
import type { NotTriedReason, Outcome } from '../vocabulary.ts'
import type { AttemptResult } from './attempt.ts'
import type { CancelCause } from './cancellation.ts'
import type { FailedAttempt, FailedAttempts } from './client-error.ts'
import type { ClientSummary } from './recorder.ts'
import type { RequestRun } from './request-run.ts'
import { ownError, toClientError } from './client-error.ts'
import { totalUsage } from './total-usage.ts'

/** How a request's chain ended. */
export type Ending =
  | {
      readonly kind: 'complete'
      readonly result: Extract<AttemptResult, { readonly kind: 'complete' }>
    }
  /** Every attempt failed; `notTried` says why nobody else was asked. */
  | { readonly kind: 'failed'; readonly notTried?: NotTriedReason }
  | { readonly kind: 'cancelled'; readonly cause: CancelCause }
  /** No target can serve such a request; none was asked. */
  | { readonly kind: 'unserved'; readonly detail: string; readonly param?: string }
  /** The router itself failed. */
  | { readonly kind: 'defect' }

/** From this many attempts on, a client that retries only multiplies what we have tried already. */
const ATTEMPTS_FINAL = 2

interface Shown {
  readonly error: ClientError
  /** 0: an error of our own. */
  readonly attempt: number
}

/** Tells the client how it ended, and the recorder everything. */
export function conclude(run: RequestRun, ending: Ending): void {
  switch (ending.kind) {
    case 'complete':
      if (ending.result.body === undefined) run.response.endStream()
      else run.response.sendWhole(200, ending.result.body)
      summarize(run, {
        outcome: run.servedByOther ? 'rescued' : 'ok',
        closingFrameAdded: ending.result.closingFrameAdded,
      })
      return
    case 'failed': {
      const shown = rootCause(run)
      sendError(run, shown.error)
      summarize(run, {
        outcome: 'failed',
        shown,
        ...(ending.notTried !== undefined && { notTried: ending.notTried }),
      })
      return
    }
    case 'cancelled':
      cancelled(run, ending.cause)
      return
    case 'unserved': {
      const shown = own(run, 400, ending.detail)
      sendError(run, { ...shown.error, ...(ending.param && { param: ending.param }) })
      summarize(run, { outcome: 'rejected', shown })
      return
    }
    case 'defect': {
      const shown = own(run, 500, 'the router failed; its log says why')
      sendError(run, shown.error)
      summarize(run, { outcome: 'failed', shown })
      return
    }
    default:
      ending satisfies never
  }
}

function cancelled(run: RequestRun, cause: CancelCause): void {
  if (cause === 'client-gone') {
    run.response.abandon()
    summarize(run, {
      outcome: 'cancelled',
      goneMs: run.router.clock.now() - run.startMs,
      ...(run.failures.length > 0 && { notTried: 'client_gone' }),
    })
    return
  }
  const shown = own(run, 503, 'the router is shutting down; send the request again')
  sendError(run, shown.error)
  summarize(run, { outcome: 'failed', shown })
}

/** Before the head went out: an HTTP error. After it: the frame that makes every SDK raise. */
function sendError(run: RequestRun, error: ClientError): void {
  if (run.clientStream !== undefined && run.response.headersSent) {
    run.response.write(run.clientStream.fail(error))
    run.response.endStream()
    return
  }
  const retryAfterMs = run.failures[0]?.failure.retryAfterMs
  run.response.sendWhole(error.statusCode, run.protocol.encodeError(error), {
    ...(run.attempts >= ATTEMPTS_FINAL && { 'x-should-retry': 'false' }),
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
  })
}

function rootCause(run: RequestRun): Shown {
  const { failures } = run
  if (!hasFailed(failures)) return own(run, 500, 'the router ended without asking any target')
  return {
    error: toClientError(failures, run.request.api, run.recorder.traceId),
    attempt: failures[0].number,
  }
}

function hasFailed(failures: readonly FailedAttempt[]): failures is FailedAttempts {
  return failures.length > 0
}

function own(run: RequestRun, statusCode: number, message: string): Shown {
  const error = ownError({ statusCode, message }, run.request.api)
  return { error: { ...error, requestId: run.recorder.traceId }, attempt: 0 }
}

interface SummaryInput {
  readonly outcome: Outcome
  readonly shown?: Shown
  readonly notTried?: NotTriedReason
  readonly goneMs?: number
  readonly closingFrameAdded?: boolean
}

function summarize(run: RequestRun, input: SummaryInput): void {
  const [first] = run.failures
  const usage = totalUsage(run.bills)
  run.recorder.end({
    route: run.route.name,
    stream: run.request.stream,
    outcome: input.outcome,
    attempts: run.attempts,
    fallbacksConfigured: run.chain.fallbackRoutes,
    fallbacksDisabled: run.request.options.disableFallbacks,
    ...(input.notTried !== undefined && { notTried: input.notTried }),
    targetsSkipped: [...run.skipped].map(([deployment, reason]) => ({ deployment, reason })),
    ...(first !== undefined && { rootCause: { attempt: first.number, failure: first.failure } }),
    client: clientSummary(run, input),
    headerHoldExpired: run.response.holdExpired,
    ...(run.timeToFirstContentMs !== undefined && {
      timeToFirstContentMs: run.timeToFirstContentMs,
    }),
    ...(usage !== undefined && { usage }),
    shape: run.protocol.shapeOf(run.request),
  })
}

function clientSummary(run: RequestRun, input: SummaryInput): ClientSummary {
  const { clientStream, response } = run
  const { shown } = input
  const isWhole = input.outcome === 'ok' || input.outcome === 'rescued'
  const terminal = clientStream?.terminal
  const model = clientStream?.model
  return {
    complete: isWhole || terminal !== undefined,
    closingFrameAdded: input.closingFrameAdded === true,
    envelopes: clientStream?.envelopes ?? (isWhole ? 1 : 0),
    bytes: response.bytesWritten,
    ...(response.statusCode !== undefined && { statusCode: response.statusCode }),
    ...(shown !== undefined && {
      errorType: shown.error.type,
      errorAttempt: shown.attempt,
      message: shown.error.message,
    }),
    ...(terminal !== undefined && { terminal }),
    ...(model !== undefined && { model }),
    ...(input.goneMs !== undefined && { goneMs: input.goneMs }),
  }
}
