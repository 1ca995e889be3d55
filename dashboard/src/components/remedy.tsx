import type { ReactNode } from 'react'
import type { WireIncident, WireRemedyStep } from '../../../analyzer/api/wire.ts'
import { CodeBlock } from './code-block.tsx'
import { Prose } from './prose.tsx'
import { Releases } from './releases.tsx'
import { SafeLink } from './safe-link.tsx'

const PARTS = [
  { key: 'stopItNow', title: 'Stop it now', note: 'two minutes' },
  { key: 'fixIt', title: 'Fix it', note: 'config or upgrade' },
  { key: 'verify', title: 'Verify', note: 'one command' },
] as const

export function Remedy({ incident }: { readonly incident: WireIncident }): ReactNode {
  return (
    <section className="panel" aria-labelledby="remedy-title">
      <header className="panel-header">
        <h2 id="remedy-title">What to do</h2>
        <span className="panel-note">
          <SafeLink href={incident.docs} label="Read more" />
        </span>
      </header>
      <ol className="remedy">
        {PARTS.map(({ key, title, note }) => (
          <li key={key}>
            <h3>
              {title} <small>{note}</small>
            </h3>
            <RemedyStep {...incident.remedy[key]} />
          </li>
        ))}
      </ol>
      <Releases incident={incident} />
    </section>
  )
}

function RemedyStep({ text, snippet }: WireRemedyStep): ReactNode {
  return (
    <>
      <Prose text={text} />
      {snippet !== undefined && <CodeBlock text={snippet.code} label="the snippet" />}
    </>
  )
}
