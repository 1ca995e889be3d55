import type { WireClientSaw } from '../../../analyzer/api/wire.ts'

/** `HTTP 200, then cut` and the like: what stood at the other end, in one line. */
export function describeClientSaw(saw: WireClientSaw): string {
  const status = saw.statusCode === undefined ? 'status unknown' : `HTTP ${saw.statusCode}`
  const error = saw.errorType === undefined || saw.errorType === '' ? '' : `, ${saw.errorType}`
  if (saw.complete === true) return `${status}, complete answer${error}`
  const isSuccess = saw.statusCode !== undefined && saw.statusCode < 300
  if (saw.complete === false && isSuccess) {
    return error === '' ? `${status}, then cut` : `${status}, then an error frame${error}`
  }
  if (saw.complete === null && isSuccess) return `${status}${error}, end unknown`
  return `${status}${error}`
}

/** Whether the client had the whole answer, in words; `null` says that nobody knows. */
export function describeComplete(complete: boolean | null): string {
  if (complete === null) return 'The spans cannot tell'
  return complete ? 'Yes, to its end' : 'No'
}
