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
  const parts = [attempt.statusCode?.toString(), attempt.errorType].filter(
    (part) => part !== undefined && part !== '',
  )
  return parts.length > 0 ? parts.join(' ') : (attempt.reason ?? 'no error recorded')
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
