/**
 * Where a component says what happened to it: one JSON object per line, never a secret or prompt.
 */
export interface Log {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[]>>
