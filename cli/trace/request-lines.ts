import type { WireRequest, WireTrace } from '../../analyzer/api/wire.ts'
import { painter, printable, type Colour } from '../terminal-text.ts'
import { describeAttempt, describeClientSaw } from './describe-attempt.ts'
import { showDuration } from './waterfall.ts'

const OUTCOME_COLOURS: Readonly<Record<WireRequest['outcome'], Colour>> = {
  ok: 'green',
  rescued: 'green',
  failed: 'red',
  cancelled: 'dim',
  rejected: 'yellow',
  unknown: 'yellow',
}

export function traceHead({ traceId, spans, durationNano, requests, cut }: WireTrace): string {
  const shown = cut ? `the first ${spans.length} spans of it` : countOf(spans.length, 'span')
  const told =
    requests.length === 0 ? 'no request that is judged' : countOf(requests.length, 'request')
  return `trace ${traceId}: ${shown}, ${showDuration(Number(durationNano) / 1e6)}, ${told}`
}

/** What came of a request, of each of its attempts, and the verdict. */
export function requestLines(
  request: WireRequest,
  { colour }: { readonly colour: boolean },
): readonly string[] {
  const paint = painter(colour)
  const { outcome, api, route, source, attempts, clientSaw, findings, traceId, traceIds } = request
  const name = `${api} ${route ?? '(route unknown)'}, from ${source}, ${showDuration(request.durationMs)}`
  const further = traceIds.filter((id) => id !== traceId)
  return [
    `${paint(outcome, OUTCOME_COLOURS[outcome])} ${paint(printable(name), 'bold')}`,
    ...attempts.map((attempt) => `  ${describeAttempt(attempt)}`),
    `  client: ${describeClientSaw(clientSaw)}`,
    ...findings.flatMap(({ rule, primary, severity, confidence, title, summary }) => {
      const head = `${rule} (${severity}, ${confidence}): ${printable(title)}`
      const painted = paint(head, severity === 'high' ? 'red' : 'yellow')
      return primary ? [`  ${painted}`, `    ${printable(summary)}`] : [`  also ${painted}`]
    }),
    ...(findings.length === 0 ? [`  ${NOTHING_FOUND[outcome]}`] : []),
    ...further.map((id) => `  part of it is in trace ${printable(id)}`),
  ]
}

/** Silence is no clean bill where the spans do not tell what became of it. */
const NOTHING_FOUND: Readonly<Record<WireRequest['outcome'], string>> = {
  ok: 'nothing was found to be wrong',
  rescued: 'nothing was found to be wrong',
  cancelled: 'nothing was found to be wrong',
  rejected: 'nothing was found to be wrong but the request itself',
  failed: 'no verdict: it failed, and nothing more is known',
  unknown: 'no verdict: what became of it, its spans do not tell',
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
