/** Why no answer came: `fetch` says so in the cause only. */
export function describeNetworkError(error: unknown, waitedMs: number): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  switch (code) {
    case 'ECONNREFUSED':
      return 'nobody listens there'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'there is no such host'
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection was cut'
    case undefined:
      return cause instanceof Error && cause.name === 'TimeoutError'
        ? `no answer within ${waitedMs / 1000} s`
        : String(cause instanceof Error ? cause.message : cause)
    default:
      return code
  }
}
