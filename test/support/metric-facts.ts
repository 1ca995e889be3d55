import { EMPTY_REPORT } from '../../analyzer/ingest/ingest-report.ts'
import { RefusedSenders } from '../../analyzer/ingest/receive/refused-senders.ts'
import type { JudgedFacts } from '../../analyzer/metrics/judged-facts.ts'
import type { MetricFacts } from '../../analyzer/metrics/metric.ts'
import { createMetrics } from '../../analyzer/metrics/metrics.ts'

export const NOW_MS = Date.UTC(2026, 8, 1, 12)

export const JUDGED: JudgedFacts = {
  tallies: {
    requests: [
      {
        source: 'litellm',
        route: 'gpt-4o',
        api: 'chat',
        outcome: 'rescued',
        judged: 7,
        withdrawn: 2,
      },
    ],
    firstTargetFailures: [
      {
        source: 'litellm',
        route: 'gpt-4o',
        target: 'azure/gpt-4o',
        result: 'bypassed',
        judged: 3,
        withdrawn: 0,
      },
    ],
    findings: [
      {
        rule: 'prefill-rejected',
        severity: 'high',
        confidence: 'certain',
        judged: 4,
        withdrawn: 0,
      },
    ],
  },
  spans: [
    { source: 'litellm', result: 'stored', count: 90 },
    { source: 'litellm', result: 'duplicate', count: 4 },
  ],
  rejected: [{ reason: 'time-invalid', count: 3 }],
  lastReceivedMs: [{ source: 'litellm', atMs: NOW_MS - 1500 }],
  lag: { spans: 12, oldestReceivedMs: NOW_MS - 9000, overdueSinceMs: NOW_MS - 2500 },
  tracesPending: 5,
  unrecognised: 1,
  withoutRequest: 2,
  pausedSinceMs: undefined,
}

/** Something of every metric that the analyzer serves. */
export const FACTS: MetricFacts = {
  intake: {
    otlpHttpUrl: 'http://127.0.0.1:4318',
    connections: { http: { open: 3, refused: 1 }, grpc: { open: 2, refused: 0 } },
    queue: { bytes: 2048, bytesMax: 4096, pressedSinceMs: NOW_MS },
    report: {
      ...EMPTY_REPORT,
      commits: { buckets: [2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], count: 4, sumSeconds: 9.5 },
      commitsFailed: 1,
    },
    refused: [],
    refusedTotals: new RefusedSenders(() => 0).totals(),
    sources: ['litellm', 'silent'],
    disk: { bytes: 10, freeBytes: 20, totalBytes: 30 },
    diskBytesMax: 40,
    keeping: {
      trouble: undefined,
      damaged: ['000003.packed.db'],
      setAsideBytes: 60,
      parts: [
        { kind: 'open', count: 1, bytes: 100, spans: 10 },
        { kind: 'packed', count: 3, bytes: 50, spans: 30 },
      ],
    },
  },
  judged: JUDGED,
  nowMs: NOW_MS,
}

export const renderMetrics = (facts: MetricFacts): string =>
  createMetrics({ version: '1.2.3', startedAtMs: NOW_MS - 60_000 })(facts)
