import { TRACE_STATE_CHARS_MAX } from '../limits.ts'
import { scrubSecrets } from './scrub-secrets.ts'

/** W3C Trace Context, `list-member`s; of their values, those without a space: they are no prose. */
const TRACE_STATE =
  /^[a-z0-9_*/@-]{1,256}=[!-+\--<>-~]{0,256}(?:,[a-z0-9_*/@-]{1,256}=[!-+\--<>-~]{0,256})*$/u

/** A trace state where it is one and holds no secret, else nothing. */
export function stripTraceState(text: string): string {
  if (text.length > TRACE_STATE_CHARS_MAX || !TRACE_STATE.test(text)) return ''
  return scrubSecrets(text) === text ? text : ''
}
