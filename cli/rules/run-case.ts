import { dirname, resolve } from 'node:path'

import type { OtlpDecoder } from '../../analyzer/ingest/decode-otlp.ts'
import type { RuleOptions } from '../../analyzer/rules/rule-options.ts'
import type { RouterConfig } from '../../analyzer/story/router-config.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { describeEmpty } from '../classify/classify-file.ts'
import { judgeSpans, type Judged } from '../classify/judge-spans.ts'
import { describeUnread, readSpans } from '../classify/read-spans.ts'
import { OTHERS, type VerdictCase } from './verdict-tests.ts'

/** What a case expected, and what came instead. */
export interface Difference {
  /** The key of the case. */
  readonly about: 'spans' | 'requests' | 'outcome' | 'primary' | 'fires' | 'quiet'
  readonly line: number
  readonly expected: string
  readonly found: string
}

export interface CaseResult {
  readonly name: string
  readonly line: number
  /** None: it passed. */
  readonly differences: readonly Difference[]
  /** Whether its spans could be read whole: where not, nothing else was compared. */
  readonly isReadable: boolean
}

export interface CaseContext {
  /** The file that the case stands in; paths in it begin there. */
  readonly file: string
  readonly routerConfig: RouterConfig | undefined
  readonly ruleOptions: RuleOptions
  readonly decoder: OtlpDecoder
}

/** Judges the spans of a case as the analyzer would, and compares. */
export async function runCase(one: VerdictCase, context: CaseContext): Promise<CaseResult> {
  const { name, line } = one
  const { spans, problems } = await readAll(one, context)
  if (problems.length > 0) {
    const differences = problems.map((found): Difference => ({
      about: 'spans',
      line: one.lineOf('spans'),
      expected: 'traces that can be read whole',
      found,
    }))
    return { name, line, differences, isReadable: false }
  }
  const { routerConfig, ruleOptions } = context
  const judged = judgeSpans({ source: context.file, spans, routerConfig, ruleOptions })
  const empty = judged.requests.length === 0 && one.requests !== 0 ? describeEmpty(spans) : ''
  const compared =
    empty === ''
      ? compare(one, judged)
      : [{ about: 'spans', expected: 'a request', found: empty } as const]
  const differences = compared.map((difference) => ({
    ...difference,
    line: one.lineOf(difference.about),
  }))
  return { name, line, differences, isReadable: true }
}

/** The files of a case are one world: what one sender exported, in pieces. */
async function readAll({ spans: paths }: VerdictCase, { file, decoder }: CaseContext) {
  const spans: Span[] = []
  const problems: string[] = []
  for (const path of paths) {
    const full = resolve(dirname(file), path)
    // oxlint-disable-next-line no-await-in-loop
    const read = await readSpans({ path: full, decoder, stdin: process.stdin })
    for (const span of read.spans) spans.push(span)
    for (const line of describeUnread(read)) problems.push(`${path}: ${line}`)
  }
  return { spans, problems }
}

type Compared = Omit<Difference, 'line'>

function compare(one: VerdictCase, judged: Judged): readonly Compared[] {
  const { requests, brokenRules } = judged
  const { requests: count } = one
  const counted: readonly Compared[] =
    count === undefined || count === requests.length
      ? []
      : [{ about: 'requests', expected: String(count), found: String(requests.length) }]
  const broken = brokenRules.map((rule): Compared => ({
    about: 'quiet',
    expected: 'rules that do not throw',
    found: `${rule} failed; please report this`,
  }))
  return [...counted, ...compareOutcomes(one, judged), ...compareFindings(one, judged), ...broken]
}

function compareOutcomes({ outcome }: VerdictCase, { requests }: Judged): readonly Compared[] {
  if (outcome === undefined) return []
  return requests
    .filter(({ story }) => !outcome.includes(story.outcome))
    .map(({ story }) => ({
      about: 'outcome',
      expected: outcome.join(' or '),
      found: `${story.outcome} (${story.route ?? 'route unknown'}, trace ${story.traceIds[0] ?? ''})`,
    }))
}

function compareFindings(one: VerdictCase, { requests, windows }: Judged): readonly Compared[] {
  const { primary, fires = [], may = [], quiet = [] } = one
  const findings = [
    ...requests.flatMap(({ story, findings: own }) =>
      own.map((finding) => ({ ...finding, where: `trace ${story.traceIds[0] ?? ''}` })),
    ),
    ...windows.map((window) => ({ ...window, primary: true, where: `route ${window.route}` })),
  ]
  const rules = new Set(findings.map(({ rule }) => rule))
  const primaries = new Set(findings.flatMap((found) => (found.primary ? [found.rule] : [])))
  const allowed = new Set([...fires, ...may, ...(primary === undefined ? [] : [primary])])
  const isUnwanted = (rule: string): boolean =>
    quiet.includes(rule) || (quiet.includes(OTHERS) && !allowed.has(rule))
  return [
    ...(primary === undefined || primaries.has(primary)
      ? []
      : [{ about: 'primary', expected: primary, found: listed(primaries) } as const]),
    ...fires
      .filter((id) => !rules.has(id))
      .map((id): Compared => ({ about: 'fires', expected: id, found: listed(rules) })),
    ...findings
      .filter(({ rule }) => isUnwanted(rule))
      .map(({ rule, summary, where }): Compared => ({
        about: 'quiet',
        expected: `no ${rule}`,
        found: `${summary} (${where})`,
      })),
  ]
}

function listed(rules: ReadonlySet<string>): string {
  return rules.size === 0 ? 'nothing' : [...rules].join(', ')
}
