import { useState, type ReactNode } from 'react'
import type { WireSpan } from '../../../analyzer/api/wire.ts'
import { formatDurationNs } from '../lib/format-duration.ts'
import { formatIso, parseNanoTime } from '../lib/format-time.ts'
import type { SpanRow } from '../lib/span-tree.ts'
import { CopyButton } from './copy-button.tsx'
import { ErrorText } from './error-text.tsx'
import { Glyph } from './glyph.tsx'
import { SearchField } from './search-field.tsx'
import { LocalTime } from './time-text.tsx'

interface SpanPanelProps {
  readonly row: SpanRow | undefined
  readonly traceStartNs: bigint
}

/** Everything that is known of one span, as it was sent. */
export function SpanPanel({ row, traceStartNs }: SpanPanelProps): ReactNode {
  if (row === undefined) {
    return (
      <aside className="panel span-panel" aria-label="Span">
        <p className="panel-empty">
          Select a span: click it, or use <kbd>j</kbd> <kbd>k</kbd>; <kbd>e</kbd> goes to the next
          error.
        </p>
      </aside>
    )
  }
  const { span } = row
  return (
    <aside className="panel span-panel" aria-label="Span">
      <header className="panel-header">
        <h2>{span.name}</h2>
        <CopyButton text={span.spanId} label="the span id" />
      </header>
      {span.status.code === 'error' && (
        <div className="span-status">
          <p className="span-error">
            <Glyph name="triangle" />
            ERROR
          </p>
          <ErrorText text={span.status.message} />
        </div>
      )}
      <SpanFacts row={row} traceStartNs={traceStartNs} />
      <Attributes key={span.spanId} span={span} />
      <SpanEvents span={span} startNs={row.startNs} />
    </aside>
  )
}

function SpanFacts({ row, traceStartNs }: { row: SpanRow; traceStartNs: bigint }): ReactNode {
  const { span } = row
  return (
    <dl className="facts">
      <dt>Duration</dt>
      <dd>
        {formatDurationNs(row.endNs - row.startNs)}, starts at +
        {formatDurationNs(row.startNs - traceStartNs)}
      </dd>
      <dt>Start</dt>
      <dd>
        <LocalTime at={formatIso(parseNanoTime(span.startTimeUnixNano))} />
      </dd>
      <dt>Service</dt>
      <dd>{span.service}</dd>
      <dt>Scope</dt>
      <dd>
        {span.scope.name} {span.scope.version}
      </dd>
      <dt>Kind</dt>
      <dd>{span.kind.toLowerCase()}</dd>
      <dt>Span id</dt>
      <dd className="mono">{span.spanId}</dd>
    </dl>
  )
}

function Attributes({ span }: { readonly span: WireSpan }): ReactNode {
  const [text, setText] = useState('')
  const needle = text.toLowerCase()
  const sorted = span.attributes.toSorted((left, right) => (left.key < right.key ? -1 : 1))
  const shown = sorted.filter(({ key, value }) => `${key}\n${value}`.toLowerCase().includes(needle))
  return (
    <section aria-label="Attributes">
      <h3>
        Attributes <small>{span.attributes.length}</small>
      </h3>
      {span.attributes.length > 0 && (
        <SearchField label="Filter attributes" value={text} onChange={setText} />
      )}
      <AttributeList attributes={shown} />
      {shown.length === 0 && text !== '' && <p className="panel-empty">No attribute matches.</p>}
    </section>
  )
}

function AttributeList({ attributes }: Pick<WireSpan, 'attributes'>): ReactNode {
  return (
    <dl className="attributes">
      {attributes.map(({ key, value }) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function SpanEvents({ span, startNs }: { span: WireSpan; startNs: bigint }): ReactNode {
  if (span.events.length === 0) return null
  return (
    <section aria-label="Events">
      <h3>
        Events <small>{span.events.length}</small>
      </h3>
      <ol className="events">
        {span.events.map((event, index) => (
          // Events have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>
            <p>
              <b>{event.name}</b> <small>{sinceStart(event.timeUnixNano, startNs)}</small>
            </p>
            <AttributeList attributes={event.attributes} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function sinceStart(timeUnixNano: string, startNs: bigint): string {
  if (!/^\d{1,20}$/.test(timeUnixNano)) return ''
  const sinceNs = BigInt(timeUnixNano) - startNs
  return sinceNs < 0n ? 'before the span' : `+${formatDurationNs(sinceNs)}`
}
