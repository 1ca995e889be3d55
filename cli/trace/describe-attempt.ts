import type { WireAttempt, WireClientSaw } from '../../analyzer/api/wire.ts'
import { printable } from '../terminal-text.ts'

/** An error's own words, as many as fit beside the rest. */
const MESSAGE_CHARS_MAX = 160

/** `1 initial claude-primary (anthropic): stream-cut mid_stream, 529 overloaded_error: …`. */
export function describeAttempt(attempt: WireAttempt): string {
  const { number, kind, deployment, route, model, provider, status } = attempt
  const target = deployment ?? route ?? model ?? 'unknown target'
  const by = provider === undefined ? '' : ` (${provider})`
  const result = status === 'failed' ? describeFailure(attempt) : status
  return printable(`${number} ${kind} ${target}${by}: ${result}`)
}

function describeFailure({ reason, phase, statusCode, errorType, message }: WireAttempt): string {
  const where = phase === 'unknown' ? '' : ` ${phase}`
  const error = [statusCode, errorType].filter((part) => part !== undefined).join(' ')
  // LiteLLM often has no other words than the name of the error.
  const words = message === undefined || message === errorType ? '' : `: ${cut(message)}`
  return `${reason ?? 'failed'}${where}${error === '' ? '' : `, ${error}`}${words}`
}

export function describeClientSaw({
  statusCode,
  errorType,
  message,
  complete,
}: WireClientSaw): string {
  const answer = complete === null ? 'whether it was whole, no span tells' : WHOLE[String(complete)]
  const status = statusCode === undefined ? [] : [`HTTP ${statusCode}`]
  const error = errorType === undefined ? [] : [errorType]
  const words = message === undefined ? '' : `: ${cut(message)}`
  return printable(`${[...status, ...error, answer].join(', ')}${words}`)
}

const WHOLE: Readonly<Record<string, string>> = {
  true: 'a whole answer',
  false: 'no whole answer',
}

function cut(text: string): string {
  return text.length <= MESSAGE_CHARS_MAX ? text : `${text.slice(0, MESSAGE_CHARS_MAX)}…`
}
