import { useCallback, useMemo, useState, type ReactNode } from 'react'
import type { WireTrace } from '../../../analyzer/api/wire.ts'
import { formatDurationNs } from '../lib/format-duration.ts'
import { formatPlural } from '../lib/format-share.ts'
import { replaceAddress } from '../lib/location.ts'
import { toPath } from '../lib/route.ts'
import { rangeOf } from '../lib/span-bar.ts'
import { ancestorsOf, buildSpanRows } from '../lib/span-tree.ts'
import { useTraceKeys } from '../lib/use-trace-keys.ts'
import { OtherTraces } from './other-traces.tsx'
import { SpanPanel } from './span-panel.tsx'
import { TraceRequests } from './trace-requests.tsx'
import { Waterfall } from './waterfall.tsx'

interface TraceViewProps {
  readonly trace: WireTrace
  readonly span: string
}

export function TraceView({ trace, span }: TraceViewProps): ReactNode {
  const rows = useMemo(() => buildSpanRows(trace.spans), [trace.spans])
  const range = useMemo(() => rangeOf(rows), [rows])
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const errors = rows.filter((row) => row.span.status.code === 'error').length

  const select = useCallback(
    (spanId: string) => {
      const above = ancestorsOf(rows, spanId)
      setCollapsed((before) => without(before, above))
      replaceAddress(toPath({ page: 'trace', id: trace.traceId, span: spanId }))
    },
    [rows, trace.traceId],
  )
  const fold = useCallback((spanId: string, isFolded: boolean) => {
    setCollapsed((before) => (isFolded ? new Set([...before, spanId]) : without(before, [spanId])))
  }, [])

  const jumps = useTraceKeys({ rows, collapsed, selected: span, onSelect: select })

  return (
    <>
      <TraceRequests requests={trace.requests} />
      <div className="trace-bar">
        <p>
          {formatPlural(rows.length, 'span')} · {formatDurationNs(BigInt(range.durationNs))} ·{' '}
          {errors === 0 ? 'no errors' : formatPlural(errors, 'error')}
          {trace.cut && ' among those that came first: there are more than can be shown'}
        </p>
        {errors > 0 && (
          <p className="trace-buttons">
            <button type="button" className="button" onClick={jumps.previousError}>
              Previous error <kbd aria-hidden="true">E</kbd>
            </button>
            <button type="button" className="button" onClick={jumps.nextError}>
              Next error <kbd aria-hidden="true">e</kbd>
            </button>
          </p>
        )}
      </div>
      <OtherTraces trace={trace} span={span} />
      <div className="trace-columns">
        <div className="panel">
          <Waterfall
            rows={rows}
            selected={span}
            collapsed={collapsed}
            onSelect={select}
            onFold={fold}
          />
        </div>
        <SpanPanel
          row={rows.find((row) => row.span.spanId === span)}
          traceStartNs={range.startNs}
        />
      </div>
    </>
  )
}

function without(before: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  if (!ids.some((id) => before.has(id))) return before
  return new Set([...before].filter((id) => !ids.includes(id)))
}
