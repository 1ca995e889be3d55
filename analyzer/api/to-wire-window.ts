import { MINUTE_MS } from '../rules/window/route-minute.ts'
import type { ToldRun } from '../rules/window/tell-windows.ts'
import { toIso } from './to-iso.ts'
import type { WireWindow } from './wire.ts'

/** What many requests of one route show together. */
export function toWireWindow(run: ToldRun): WireWindow {
  return {
    source: run.source,
    rule: run.rule,
    severity: run.severity,
    confidence: run.confidence,
    title: run.title,
    summary: run.summary,
    route: run.route,
    target: run.target,
    provider: run.provider === '' ? null : run.provider,
    reason: run.reason,
    start: toIso(run.fromMinute * MINUTE_MS),
    end: toIso((run.toMinute + 1) * MINUTE_MS),
    minutes: run.minutes,
    examples: run.examples.map(({ traceIds: [traceId = ''], requestSpanId }) => ({
      traceId,
      requestSpanId,
    })),
  }
}
