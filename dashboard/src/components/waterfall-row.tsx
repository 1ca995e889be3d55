import { memo, type MouseEvent, type ReactNode } from 'react'
import { formatPlural } from '../lib/format-share.ts'
import { formatDurationNs } from '../lib/format-duration.ts'
import { placeBar, type TraceRange } from '../lib/span-bar.ts'
import type { SpanRow } from '../lib/span-tree.ts'
import { Glyph } from './glyph.tsx'

/** Deeper trees are shown, but not indented further: the name must keep some room. */
const DEPTH_SHOWN_MAX = 12
const INDENT_PX = 14

interface WaterfallRowProps {
  readonly row: SpanRow
  readonly range: TraceRange
  readonly rowIndex: number
  readonly selected: boolean
  readonly collapsed: boolean
  readonly onSelect: (spanId: string) => void
  readonly onFold: (spanId: string, fold: boolean) => void
}

export const WaterfallRow = memo(function WaterfallRow(props: WaterfallRowProps): ReactNode {
  const { row, range, rowIndex, selected, collapsed, onSelect } = props
  const { span, depth, descendants } = row
  return (
    // The keyboard is the grid's: it holds the focus and names this row as active.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <tr
      id={`span-${span.spanId}`}
      className="waterfall-row"
      aria-level={depth + 1}
      aria-rowindex={rowIndex}
      aria-selected={selected}
      aria-expanded={descendants > 0 ? !collapsed : undefined}
      data-status={span.status.code}
      data-kind={span.kind.toLowerCase()}
      onClick={() => onSelect(span.spanId)}
    >
      <SpanName {...props} />
      <td className="waterfall-time">
        <SpanBarDrawing row={row} range={range} />
      </td>
    </tr>
  )
})

function SpanName({ row, collapsed, onFold }: WaterfallRowProps): ReactNode {
  const { span, depth, descendants, errorsBelow, parentMissing } = row
  const fold = (event: MouseEvent): void => {
    event.stopPropagation()
    onFold(span.spanId, !collapsed)
  }
  return (
    <td
      className="waterfall-name"
      style={{ paddingInlineStart: 8 + Math.min(depth, DEPTH_SHOWN_MAX) * INDENT_PX }}
    >
      {descendants > 0 ? (
        // Left and right arrow do the same from the keyboard.
        <button
          type="button"
          tabIndex={-1}
          className="fold"
          data-collapsed={collapsed ? '' : undefined}
          aria-label={collapsed ? `Unfold ${descendants} spans` : `Fold ${descendants} spans`}
          onClick={fold}
        >
          <Glyph name="chevron" />
        </button>
      ) : (
        <span className="fold" />
      )}
      {span.status.code === 'error' && (
        <span className="span-error">
          <Glyph name="triangle" />
          ERROR
        </span>
      )}
      <span className="span-name">{span.name}</span>
      <span className="span-kind">{span.kind.toLowerCase()}</span>
      {parentMissing && <span className="span-note">parent missing</span>}
      {collapsed && (
        <span className="span-note">
          {formatPlural(descendants, 'span')}
          {errorsBelow > 0 && `, ${formatPlural(errorsBelow, 'error')}`}
        </span>
      )}
    </td>
  )
}

interface SpanBarProps {
  readonly row: SpanRow
  readonly range: TraceRange
}

function SpanBarDrawing({ row, range }: SpanBarProps): ReactNode {
  const { x, width } = placeBar(row, range)
  return (
    <svg width="100%" height="28" role="presentation">
      <rect className="span-bar" x={`${x}%`} y="9" width={`${width}%`} height="10" rx="2" />
      <text className="span-duration" x={`${x + width}%`} dx="6" y="18">
        {formatDurationNs(row.endNs - row.startNs)}
      </text>
    </svg>
  )
}
