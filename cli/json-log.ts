import type { Log, LogFields } from '../collector/telemetry/log.ts'

/** Logs as one JSON object per line, which escapes whatever would forge a second one. */
export function createJsonLog(stream: NodeJS.WritableStream, component: string): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const time = new Date().toISOString()
      stream.write(`${JSON.stringify({ time, level, component, message, ...fields })}\n`)
    }
  return { info: at('info'), warn: at('warn'), error: at('error') }
}
