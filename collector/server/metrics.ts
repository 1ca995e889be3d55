import type {
  AttemptRecorder,
  AttemptStart,
  AttemptSummary,
  FallbackDecision,
  FallbackRecorder,
  Recorder,
  RequestStart,
  RequestSummary,
  Telemetry,
} from '../routing/recorder.ts'
import { BREAKER_STATES, type BreakerState } from '../vocabulary.ts'
import { Counter, Histogram, type Metric, readMetric } from './prometheus-text.ts'

/** What `/metrics` knows. */
export interface Metrics {
  /** The recorder that requests go through, so that each is counted when it ends. */
  readonly recorder: Recorder
  readonly inFlight: () => number
  countRefusedConnection(): void
  render(): string
}

export interface MetricsOptions {
  readonly telemetry: Telemetry
  readonly version: string
  /** Each deployment's breaker as it stands. */
  readonly breakers: () => Iterable<readonly [deployment: string, state: BreakerState]>
}

/** A request that named no route of ours has none. */
const NO_ROUTE = ''

/** From a cached answer to a model that thinks for minutes. */
const FIRST_CONTENT_BOUNDS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300]

/**
 * Counts what is recorded. Under a name of its own, for `secondwind_requests_total` is the
 * analyzer's: the same requests, told from their spans.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const counters = createCounters()
  let inFlight = 0
  let connectionsRefused = 0
  const recorder: Recorder = {
    startRequest(start) {
      const request = options.telemetry.startRequest(start)
      inFlight += 1
      return {
        traceId: request.traceId,
        traceparent: request.traceparent,
        startAttempt: (attempt) => countAttempt(counters, attempt, request.startAttempt(attempt)),
        recordFallback: (decision) =>
          countFallback(counters, decision, request.recordFallback(decision)),
        end(summary) {
          inFlight -= 1
          countRequest(counters, start, summary)
          request.end(summary)
        },
      }
    },
  }
  const metrics: readonly Metric[] = [
    ...Object.values(counters),
    readMetric({
      name: 'secondwind_sidecar_requests_in_flight',
      help: 'Requests that are being served.',
      type: 'gauge',
      labels: [],
      read: () => [[[], inFlight]],
    }),
    readMetric({
      name: 'secondwind_sidecar_connections_refused_total',
      help: 'Connections beyond the limit, closed as they came.',
      type: 'counter',
      labels: [],
      read: () => [[[], connectionsRefused]],
    }),
    ...createReadMetrics(options),
  ]
  return {
    recorder,
    inFlight: () => inFlight,
    countRefusedConnection() {
      connectionsRefused += 1
    },
    render: () => `${metrics.flatMap((metric) => metric.render()).join('\n')}\n`,
  }
}

type Counters = ReturnType<typeof createCounters>

function createCounters() {
  return {
    requests: new Counter({
      name: 'secondwind_sidecar_requests_total',
      help: 'Requests by route, protocol and outcome.',
      labels: ['route', 'api', 'outcome'],
      closed: ['api', 'outcome'],
    }),
    attempts: new Counter({
      name: 'secondwind_sidecar_attempts_total',
      help: 'Upstream calls by deployment, kind and result.',
      labels: ['route', 'deployment', 'kind', 'result'],
      closed: ['kind', 'result'],
    }),
    failures: new Counter({
      name: 'secondwind_sidecar_failures_total',
      help: 'Upstream calls that failed, by reason and phase.',
      labels: ['deployment', 'reason', 'phase'],
      closed: ['reason', 'phase'],
    }),
    fallbacks: new Counter({
      name: 'secondwind_sidecar_fallbacks_total',
      help: 'Decisions to go on elsewhere, or to stop, by strategy.',
      labels: ['from_route', 'to_route', 'reason', 'strategy'],
      closed: ['reason', 'strategy'],
    }),
    seams: new Counter({
      name: 'secondwind_sidecar_seams_total',
      help: 'Streams joined half-way, by whether the seam could be verified.',
      labels: ['route', 'verified'],
      closed: ['verified'],
    }),
    firstContent: new Histogram(
      {
        name: 'secondwind_sidecar_time_to_first_content_seconds',
        help: 'From the request to the first content that the client was sent.',
        labels: ['route'],
      },
      FIRST_CONTENT_BOUNDS_S,
    ),
  } as const
}

function countRequest(counters: Counters, start: RequestStart, summary: RequestSummary): void {
  const route = summary.route ?? NO_ROUTE
  counters.requests.add([route, start.api, summary.outcome])
  if (summary.timeToFirstContentMs !== undefined) {
    counters.firstContent.observe([route], summary.timeToFirstContentMs / 1000)
  }
}

function countAttempt(
  counters: Counters,
  { route, deployment, kind }: AttemptStart,
  attempt: AttemptRecorder,
): AttemptRecorder {
  return {
    traceparent: () => attempt.traceparent(),
    firstContent: (content, preludeEvents) => attempt.firstContent(content, preludeEvents),
    end(summary: AttemptSummary) {
      const { failure, result } = summary
      counters.attempts.add([route, deployment, kind, result])
      if (failure !== undefined) counters.failures.add([deployment, failure.reason, failure.phase])
      attempt.end(summary)
    },
  }
}

function countFallback(
  counters: Counters,
  { fromRoute, toRoute, reason, strategy }: FallbackDecision,
  fallback: FallbackRecorder,
): FallbackRecorder {
  counters.fallbacks.add([fromRoute, toRoute ?? NO_ROUTE, reason, strategy])
  return {
    end(seam) {
      if (seam !== undefined) counters.seams.add([toRoute ?? fromRoute, String(seam.verified)])
      fallback.end(seam)
    },
  }
}

/** Of `Telemetry.counts()`, what is no fate of a span, and says so by a metric of its own. */
const OTHER_COUNTS = {
  ended: {
    name: 'secondwind_sidecar_spans_ended_total',
    help: 'Spans that were recorded to their end.',
    type: 'counter',
  },
  recovered: {
    name: 'secondwind_sidecar_spans_recovered_total',
    help: 'Spans that an earlier process left in the spool.',
    type: 'counter',
  },
  recording_errors: {
    name: 'secondwind_sidecar_recording_errors_total',
    help: 'Errors inside telemetry; none of them reached a request.',
    type: 'counter',
  },
  damaged_records: {
    name: 'secondwind_sidecar_spool_damaged_records_total',
    help: 'Records of the spool that could not be read.',
    type: 'counter',
  },
  waiting: {
    name: 'secondwind_sidecar_spans_waiting',
    help: 'Spans in memory that are not sent yet.',
    type: 'gauge',
  },
  spooled: {
    name: 'secondwind_sidecar_spans_spooled',
    help: 'Spans on disk that are not sent yet.',
    type: 'gauge',
  },
  spool_bytes: {
    name: 'secondwind_sidecar_spool_bytes',
    help: 'Disk that the spool takes.',
    type: 'gauge',
  },
} as const

function createReadMetrics({ telemetry, version, breakers }: MetricsOptions): readonly Metric[] {
  return [
    readMetric({
      name: 'secondwind_sidecar_breaker_state',
      help: 'State of each deployment’s circuit breaker: 1 for the one it is in.',
      type: 'gauge',
      labels: ['deployment', 'state'],
      read: () =>
        [...breakers()].flatMap(([deployment, state]) =>
          BREAKER_STATES.map((each) => [[deployment, each], each === state ? 1 : 0] as const),
        ),
    }),
    readMetric({
      name: 'secondwind_sidecar_spans_total',
      help: 'Spans by what became of them: sent, or dropped and why.',
      type: 'counter',
      labels: ['result'],
      read: () =>
        [...telemetry.counts()]
          .filter(([name]) => !Object.hasOwn(OTHER_COUNTS, name))
          .map(([name, count]) => [[name], count] as const),
    }),
    ...Object.entries(OTHER_COUNTS).map(([count, metric]) =>
      readMetric({
        ...metric,
        labels: [],
        read: () => [[[], telemetry.counts().get(count) ?? 0]],
      }),
    ),
    readMetric({
      name: 'secondwind_sidecar_build_info',
      help: 'Which release runs.',
      type: 'gauge',
      labels: ['version', 'node'],
      read: () => [[[version, process.version], 1]],
    }),
    readMetric({
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process.',
      type: 'gauge',
      labels: [],
      read: () => [[[], process.memoryUsage.rss()]],
    }),
    readMetric({
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process.',
      type: 'counter',
      labels: [],
      read: () => {
        const { user, system } = process.cpuUsage()
        return [[[], (user + system) / 1e6]]
      },
    }),
  ]
}
