import type { Recorder, Telemetry } from '../routing/recorder.ts'
import { OUTCOMES } from '../vocabulary.ts'

/** What `/metrics` knows: few numbers of fixed label sets, so that no traffic can make it grow. */
export interface Metrics {
  /** The recorder that requests go through, so that each is counted when it ends. */
  readonly recorder: Recorder
  readonly inFlight: () => number
  render(): string
}

export function createMetrics(telemetry: Telemetry): Metrics {
  const ended = new Map<string, number>(OUTCOMES.map((outcome) => [outcome, 0]))
  let inFlight = 0
  const recorder: Recorder = {
    startRequest(start) {
      const request = telemetry.startRequest(start)
      inFlight += 1
      return {
        traceId: request.traceId,
        traceparent: request.traceparent,
        startAttempt: (attempt) => request.startAttempt(attempt),
        recordFallback: (decision) => request.recordFallback(decision),
        end(summary) {
          inFlight -= 1
          ended.set(summary.outcome, (ended.get(summary.outcome) ?? 0) + 1)
          request.end(summary)
        },
      }
    },
  }
  return {
    recorder,
    inFlight: () => inFlight,
    render: () =>
      [
        ...counter('secondwind_requests_total', 'Requests by outcome.', {
          label: 'outcome',
          counts: ended,
        }),
        ...counter('secondwind_spans_total', 'Spans by what became of them.', {
          label: 'result',
          counts: telemetry.counts(),
        }),
        '# HELP secondwind_requests_in_flight Requests that are being served.',
        '# TYPE secondwind_requests_in_flight gauge',
        `secondwind_requests_in_flight ${inFlight}`,
        '',
      ].join('\n'),
  }
}

function counter(
  name: string,
  help: string,
  values: { readonly label: string; readonly counts: ReadonlyMap<string, number> },
): readonly string[] {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} counter`]
  for (const [value, count] of values.counts) {
    lines.push(`${name}{${values.label}="${escapeLabel(value)}"} ${count}`)
  }
  return lines
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
