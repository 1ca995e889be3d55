import type { ReactNode } from 'react'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { Ago } from './time-text.tsx'

/** What came in, what was refused, who sent it: the reader's reason to believe the rest. */
export function HealthLine({ health }: { readonly health: WireHealth }): ReactNode {
  return (
    <section className="panel health-line" aria-labelledby="health-title">
      <h2 id="health-title">Telemetry</h2>
      <dl>
        <Item term="Spans stored">{formatCount(health.spansStored)}</Item>
        <Item term="Rejected" warn={health.spansRejected > 0}>
          {formatCount(health.spansRejected)}
        </Item>
        <Item term="Not recognised">{formatCount(health.spansUnrecognised)}</Item>
        <Item term="Requests settling">{formatCount(health.requestsPending)}</Item>
        {health.judgingPausedSince !== null && (
          <Item term="Judging paused" warn>
            <Ago at={health.judgingPausedSince} />
          </Item>
        )}
        {health.sources.map((source) => (
          <Item key={source.name} term={source.name}>
            {source.state === 'never' ? 'has never sent' : formatPlural(source.spans, 'span')}
            {source.lastSpanAt !== null && (
              <>
                , last <Ago at={source.lastSpanAt} />
              </>
            )}
          </Item>
        ))}
        <Item term="OTLP/HTTP">
          <code>{health.otlpHttpUrl}</code>
        </Item>
      </dl>
    </section>
  )
}

interface ItemProps {
  readonly term: string
  readonly warn?: boolean
  readonly children: ReactNode
}

function Item({ term, warn = false, children }: ItemProps): ReactNode {
  return (
    <div data-tone={warn ? 'failed' : undefined}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}
