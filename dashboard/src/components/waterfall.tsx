import {
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from 'react'
import { rangeOf } from '../lib/span-bar.ts'
import { visibleRows, type SpanRow } from '../lib/span-tree.ts'
import { ROW_HEIGHT, scrollToShow, windowRows } from '../lib/waterfall-window.ts'
import { WaterfallAxis } from './waterfall-axis.tsx'
import { WaterfallRow } from './waterfall-row.tsx'

interface WaterfallProps {
  readonly rows: readonly SpanRow[]
  readonly selected: string
  readonly collapsed: ReadonlySet<string>
  readonly onSelect: (spanId: string) => void
  readonly onFold: (spanId: string, fold: boolean) => void
}

/** All spans on one time axis. Only the rows in view are in the document. */
export function Waterfall(props: WaterfallProps): ReactNode {
  const { rows, selected, collapsed, onSelect, onFold } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })
  const shown = useMemo(() => visibleRows(rows, collapsed), [rows, collapsed])
  const range = useMemo(() => rangeOf(rows), [rows])
  const selectedIndex = shown.findIndex((row) => row.span.spanId === selected)
  const { first, last } = windowRows(view.top, view.height, shown.length)

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const measure = (): void => setView({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    element.addEventListener('scroll', measure, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', measure)
    }
  }, [])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || selectedIndex === -1) return
    const top = scrollToShow(selectedIndex, element.scrollTop, element.clientHeight)
    if (top !== undefined) element.scrollTop = top
  }, [selectedIndex])

  const onKeyDown = (event: KeyboardEvent): void => {
    const target = targetOf({ key: event.key, shown, selectedIndex, collapsed })
    if (target === undefined) return
    event.preventDefault()
    if ('fold' in target) onFold(target.spanId, target.fold)
    else onSelect(target.spanId)
  }

  return (
    <div className="waterfall">
      <WaterfallAxis durationNs={range.durationNs} />
      <div ref={scroller} className="waterfall-rows">
        <table
          // A treegrid is what a table with levels and a selection is called.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role
          role="treegrid"
          tabIndex={0}
          aria-label="Spans"
          aria-rowcount={shown.length}
          aria-colcount={2}
          aria-activedescendant={selectedIndex === -1 ? undefined : `span-${selected}`}
          onKeyDown={onKeyDown}
        >
          {/* React sets styles through the object model, which the security policy allows. */}
          <tbody style={{ height: shown.length * ROW_HEIGHT, paddingTop: first * ROW_HEIGHT }}>
            {shown.slice(first, last).map((row, offset) => (
              <WaterfallRow
                key={row.span.spanId}
                row={row}
                range={range}
                rowIndex={first + offset + 1}
                selected={row.span.spanId === selected}
                collapsed={collapsed.has(row.span.spanId)}
                onSelect={onSelect}
                onFold={onFold}
              />
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

interface Pressed {
  readonly key: string
  readonly shown: readonly SpanRow[]
  readonly selectedIndex: number
  readonly collapsed: ReadonlySet<string>
}

type Target = { readonly spanId: string } | { readonly spanId: string; readonly fold: boolean }

/** The keys of a tree: up and down move, left folds, right unfolds. */
function targetOf({ key, shown, selectedIndex, collapsed }: Pressed): Target | undefined {
  const current = shown[selectedIndex]
  const at = (index: number): Target | undefined => {
    const row = shown[Math.min(Math.max(index, 0), shown.length - 1)]
    return row === undefined ? undefined : { spanId: row.span.spanId }
  }
  if (key === 'ArrowDown') return at(selectedIndex + 1)
  if (key === 'ArrowUp') return at(selectedIndex - 1)
  if (key === 'Home') return at(0)
  if (key === 'End') return at(shown.length - 1)
  if (current === undefined) return undefined
  const isFolded = collapsed.has(current.span.spanId)
  if (key === 'ArrowLeft' && current.descendants > 0 && !isFolded) {
    return { spanId: current.span.spanId, fold: true }
  }
  if (key === 'ArrowLeft') {
    const parent = shown.slice(0, selectedIndex).findLast((row) => row.depth < current.depth)
    return parent === undefined ? undefined : { spanId: parent.span.spanId }
  }
  if (key === 'ArrowRight' && isFolded) return { spanId: current.span.spanId, fold: false }
  if (key === 'ArrowRight' && current.descendants > 0) return at(selectedIndex + 1)
  return undefined
}
