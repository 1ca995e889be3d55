import { useMemo } from 'react'
import { findError, visibleRows, type SpanRow } from './span-tree.ts'
import { useShortcuts } from './use-shortcuts.ts'

interface TraceKeys {
  readonly rows: readonly SpanRow[]
  readonly collapsed: ReadonlySet<string>
  readonly selected: string
  readonly onSelect: (spanId: string) => void
}

export interface ErrorJumps {
  readonly nextError: () => void
  readonly previousError: () => void
}

/** `e`, `E`, `j` and `k` over the spans of a trace. Errors are found in folded rows as well. */
export function useTraceKeys({ rows, collapsed, selected, onSelect }: TraceKeys): ErrorJumps {
  const handlers = useMemo(() => {
    const goError = (step: 1 | -1): void => {
      const at = rows.findIndex((row) => row.span.spanId === selected)
      const found = findError(rows, at === -1 && step === -1 ? 0 : at, step)
      if (found !== undefined) onSelect(found.span.spanId)
    }
    const goRow = (step: 1 | -1): void => {
      const shown = visibleRows(rows, collapsed)
      const at = shown.findIndex((row) => row.span.spanId === selected)
      const next = shown[at === -1 ? 0 : Math.min(Math.max(at + step, 0), shown.length - 1)]
      if (next !== undefined) onSelect(next.span.spanId)
    }
    return {
      'next-error': () => goError(1),
      'previous-error': () => goError(-1),
      next: () => goRow(1),
      previous: () => goRow(-1),
    }
  }, [rows, collapsed, selected, onSelect])
  useShortcuts(handlers)
  return { nextError: handlers['next-error'], previousError: handlers['previous-error'] }
}
