import type { ReactNode } from 'react'
import type { WireHealth, WireSource } from '../../../analyzer/api/wire.ts'
import { formatBytes } from '../lib/format-bytes.ts'
import { formatCount, formatPlural } from '../lib/format-share.ts'
import { listReasons } from '../lib/source-notes.ts'
import { Ago } from './time-text.tsx'

/** The figures behind the health of the analyzer: what comes, what waits, what is left. */
export function HealthFacts({ health }: { readonly health: WireHealth }): ReactNode {
  const { intake, lag, disk, sources } = health
  return (
    <dl className="health-facts">
      <Fact term="Stored">{formatPlural(health.spansStored, 'span')}</Fact>
      <Fact term="Rejected">{describeRejected(health)}</Fact>
      <Fact term="Came twice">{formatPlural(intake.spansDuplicate, 'span')}, stored once</Fact>
      <Fact term="Turned away">
        {formatPlural(intake.spansShed, 'span')} in{' '}
        {formatPlural(intake.requestsShed, 'export request')}
      </Fact>
      <Fact term="Queue">
        {formatBytes(intake.queueBytes)} of {formatBytes(intake.queueBytesMax)}
      </Fact>
      <Fact term="Not judged yet">
        {formatPlural(lag.spans, 'span')}, {formatPlural(health.requestsPending, 'trace')}
      </Fact>
      <Fact term="Not recognised">{formatPlural(health.spansUnrecognised, 'span')}</Fact>
      <Fact term="Without a request">
        {formatPlural(health.spansWithoutRequest, 'span')} that are understood and tell of none:
        health checks, admin pages, embeddings
      </Fact>
      {disk !== null && (
        <>
          <Fact term="Data folder">
            {formatBytes(disk.bytes)}; spans may take {formatBytes(disk.bytesMax)}
          </Fact>
          <Fact term="Disk">{formatBytes(disk.freeBytes)} free</Fact>
        </>
      )}
      {sources.map((source) => (
        <Fact key={source.name} term={`Source ${source.name}`}>
          <SourceFact source={source} />
        </Fact>
      ))}
    </dl>
  )
}

/** They break the rules of OTLP and were refused one by one; their sender was told the same. */
function describeRejected({ spansRejected, intake }: WireHealth): string {
  const list = listReasons(intake.rejected)
  return `${formatPlural(spansRejected, 'span')}${list === '' ? '' : `: ${list}`}`
}

function SourceFact({ source }: { readonly source: WireSource }): ReactNode {
  if (source.state === 'rejected')
    return `nothing stored; rejected: ${listReasons(source.rejected)}`
  if (source.lastSpanAt === null) return 'has never sent anything'
  return (
    <>
      {formatCount(source.spans)} spans, last <Ago at={source.lastSpanAt} />
      {source.state === 'quiet' && ', quiet since'}
      {source.cannotShow.length > 0 && (
        <details>
          <summary>{formatPlural(source.cannotShow.length, 'thing')} its spans cannot show</summary>
          <ul>
            {source.cannotShow.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  )
}

function Fact({ term, children }: { readonly term: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  )
}
