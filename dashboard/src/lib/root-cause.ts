import type { WireAttempt, WireRequest } from '../../../analyzer/api/wire.ts'

/** The failure of the first attempt that failed; everything after it is its consequence. */
export function findRootCause(request: WireRequest): WireAttempt | undefined {
  return request.attempts.find((attempt) => attempt.status === 'failed')
}

/** The finding that owns the verdict. */
export function findPrimary(request: WireRequest): WireRequest['findings'][number] | undefined {
  return request.findings.find((finding) => finding.primary) ?? request.findings[0]
}

/** `503 overloaded_error`, or the reason where the upstream never answered. */
export function describeFailure(attempt: WireAttempt): string {
  const { statusCode, errorType = '', reason = 'no error recorded' } = attempt
  if (statusCode === undefined) return errorType === '' ? reason : errorType
  // A stream that broke after its headers: the status says nothing of the failure.
  if (statusCode < 300) return `${errorType === '' ? reason : errorType} after HTTP ${statusCode}`
  return errorType === '' ? `HTTP ${statusCode}` : `${statusCode} ${errorType}`
}

/** The deployment's name where there is one, else what the spans say of the target. */
export function describeTarget(attempt: WireAttempt): string {
  const { provider, model, deployment, route } = attempt
  if (model !== undefined) return provider === undefined ? model : `${provider}/${model}`
  return deployment ?? route ?? provider ?? 'unknown target'
}

/** Whether a finding of it says that the client was shown something else than the root cause. */
export function isErrorMasked(request: WireRequest): boolean {
  return request.findings.some((finding) => finding.rule === 'error-masked')
}
