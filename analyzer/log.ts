/** `warn`: somebody should look at it by day. `error`: something is lost, or stands still. */
export type LogLevel = 'info' | 'warn' | 'error'

/** One line, `info` unless it says otherwise; never content, never a secret. */
export type WriteLog = (line: string, level?: LogLevel) => void
