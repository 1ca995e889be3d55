import type { WireUnread } from '../../analyzer/api/wire.ts'
import { routeEdge } from '../../analyzer/incidents/route-edge.ts'
import { fillRemedy, type RemedyNames } from '../../analyzer/rules/fill-remedy.ts'
import { ruleFactsById } from '../../analyzer/rules/every-rule.ts'
import type { ReleaseNote, RemedyStep, RuledFinding } from '../../analyzer/rules/rule.ts'
import { MINUTE_MS } from '../../analyzer/rules/window/route-minute.ts'
import type { ToldRun } from '../../analyzer/rules/window/tell-windows.ts'
import type { Attempt, Story } from '../../analyzer/story/story.ts'
import { painter, printable, type Colour } from '../terminal-text.ts'
import type { Classified } from './judge-spans.ts'

export interface TableOptions {
  readonly explain: boolean
  readonly colour: boolean
}

const OUTCOME_COLOURS: Readonly<Record<Story['outcome'], Colour>> = {
  ok: 'green',
  rescued: 'green',
  failed: 'red',
  cancelled: 'dim',
  rejected: 'yellow',
  unknown: 'yellow',
}

/** Width of the longest outcome, so that routes stand under each other. */
const OUTCOME_WIDTH = 9

/** Characters of an evidence value that fit beside its key on a screen. */
const VALUE_CHARS_MAX = 120

/** One request for a person: what came of it, through whom, and what is wrong with it. */
export function requestLines({ story, findings }: Classified, options: TableOptions): string {
  const paint = painter(options.colour)
  const outcome = paint(story.outcome.padEnd(OUTCOME_WIDTH), OUTCOME_COLOURS[story.outcome])
  const route = paint(printable(story.route ?? '(route unknown)'), 'bold')
  const lines = [`${outcome} ${route}  ${chain(story)}  ${paint(origin(story), 'dim')}`]
  const shown = options.explain ? findings : findings.slice(0, 1)
  for (const finding of shown) lines.push(...findingLines(story, finding, options))
  const more = findings.length - shown.length
  if (more > 0) {
    const ids = findings.slice(1).map(({ rule }) => rule)
    lines.push(paint(`${INDENT}also: ${ids.join(', ')}`, 'dim'))
  }
  return `${lines.join('\n')}\n`
}

/** What many requests of a file show together: whom it is about, since when, and what to do. */
export function windowLines(run: ToldRun, { explain, colour }: TableOptions): string {
  const paint = painter(colour)
  const { rule, severity, confidence, title, summary, route, source, fromMinute } = run
  const since = new Date(fromMinute * MINUTE_MS).toISOString()
  const what = `${printable(rule)} (${severity}, ${confidence}): ${title}`
  const lines = [
    `${paint('window'.padEnd(OUTCOME_WIDTH), 'yellow')} ${paint(printable(route), 'bold')}  ${what}  ${paint(`${printable(source)} ${since}`, 'dim')}`,
    `${INDENT}  ${printable(summary)}`,
  ]
  if (explain) lines.push(...remedyLines(rule, { route, fallback: undefined }))
  return `${lines.join('\n')}\n`
}

/** What is not among the findings above although it may have happened. */
export function blindSpotLines(sentences: readonly string[]): string {
  if (sentences.length === 0) return ''
  return `What cannot be seen here:\n${sentences.map((line) => `  ${printable(line)}\n`).join('')}`
}

/** Counts for the last line; holds no request, for there may be very many. */
export class Tally {
  #requests = 0
  readonly #outcomes = new Map<string, number>()
  readonly #rules = new Map<string, number>()
  readonly #unread = { files: 0, parts: 0, spans: 0 }

  add({ story, findings }: Classified): void {
    this.#requests += 1
    count(this.#outcomes, story.outcome)
    for (const { rule } of findings) count(this.#rules, rule)
  }

  addWindow({ rule }: ToldRun): void {
    count(this.#rules, rule)
  }

  addUnread({ problemCount, rejected }: WireUnread): void {
    this.#unread.files += 1
    this.#unread.parts += problemCount
    this.#unread.spans += rejected
  }

  /** How many requests, what came of them, what was found; and whether that is all. */
  lines(): string {
    const total = counted(this.#requests, 'request')
    const outcomes = this.#outcomes.size === 0 ? '' : ` (${listed(this.#outcomes)})`
    const found = this.#rules.size === 0 ? 'nothing found' : `found: ${listed(this.#rules)}`
    return `${total}${outcomes}; ${found}\n${this.#unreadLine()}`
  }

  #unreadLine(): string {
    const { files, parts, spans } = this.#unread
    if (files === 0) return ''
    const missing = [
      ...(parts === 0 ? [] : [`${counted(parts, 'part')} unreadable`]),
      ...(spans === 0 ? [] : [`${counted(spans, 'span')} left out`]),
    ]
    return `not all was read: ${missing.join(', ')} in ${counted(files, 'file')}; this rests on the rest\n`
  }
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

const INDENT = ' '.repeat(OUTCOME_WIDTH + 1)

function findingLines(
  story: Story,
  finding: RuledFinding,
  { explain, colour }: TableOptions,
): readonly string[] {
  const paint = painter(colour)
  const { rule, severity, confidence, title, summary, evidence } = finding
  const head = `${INDENT}${paint(rule, severity === 'high' ? 'red' : 'yellow')} (${severity}, ${confidence}): ${printable(title)}`
  const shown = explain ? evidence : evidence.slice(0, 1)
  const facts = shown.map(({ spanId, key, value }) =>
    paint(`${INDENT}  ${spanId} ${printable(key)} = ${cut(printable(value))}`, 'dim'),
  )
  if (!explain) return [head, ...facts]
  const { from, to } = routeEdge(story)
  const remedy = remedyLines(rule, { route: from, fallback: to })
  return [head, `${INDENT}  ${printable(summary)}`, ...facts, ...remedy]
}

function remedyLines(ruleId: string, names: RemedyNames): readonly string[] {
  const rule = ruleFactsById(ruleId)
  if (rule === undefined) return []
  const remedy = fillRemedy(rule.remedy, names)
  return [
    ...stepLines('Stop it now', remedy.stopItNow),
    ...stepLines('Fix it', remedy.fixIt),
    ...stepLines('Verify', remedy.verify),
    ...releaseLines(rule.releases ?? []),
  ]
}

/** An upgrade may be the remedy, or what brought it. */
function releaseLines(releases: readonly ReleaseNote[]): readonly string[] {
  if (releases.length === 0) return []
  const lines = releases.map((note) => `${INDENT}      ${rangeOf(note)}: ${printable(note.text)}`)
  return [`${INDENT}  Releases:`, ...lines]
}

function rangeOf({ gateway, from, to }: ReleaseNote): string {
  const name = gateway === 'litellm' ? 'LiteLLM' : 'Sidecar'
  if (from === undefined)
    return to === undefined ? `${name}, all that were run` : `${name} up to ${to}`
  if (to === from) return `${name} ${from}`
  return to === undefined ? `${name} from ${from} on` : `${name} ${from} to ${to}`
}

function stepLines(title: string, { text, snippet }: RemedyStep): readonly string[] {
  const code = snippet === undefined ? [] : snippet.code.split('\n')
  return [
    `${INDENT}  ${`${title}:`.padEnd(12)} ${printable(text)}`,
    ...code.map((line) => `${INDENT}      ${printable(line)}`),
  ]
}

/** `claude-primary: overloaded mid_stream → gpt-fallback: ok`. */
function chain(story: Story): string {
  if (story.attempts.length === 0) return '(no attempt seen)'
  const attempts = story.attempts.map((attempt) => `${targetOf(attempt)}: ${resultOf(attempt)}`)
  return attempts.join(' → ')
}

function targetOf({ deployment, route, model, number }: Attempt): string {
  return printable(deployment ?? route ?? model ?? `attempt ${number}`)
}

function resultOf({ status, reason, phase, errorType }: Attempt): string {
  if (status !== 'failed') return status
  const what = reason ?? (errorType === undefined ? 'failed' : printable(errorType))
  return phase === 'unknown' ? what : `${what} ${phase}`
}

function origin({ source, traceIds }: Story): string {
  return `${printable(source)} ${traceIds[0] ?? ''}`
}

function cut(text: string): string {
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, number]) => `${number} ${name}`).join(', ')
}
