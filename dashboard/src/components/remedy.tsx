import type { ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { CodeBlock } from './code-block.tsx'
import { Prose } from './prose.tsx'
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
            <RemedyText text={incident.remedy[key]} />
          </li>
        ))}
      </ol>
    </section>
  )
}

/** A remedy that is nothing but a command is copied, not read. */
function RemedyText({ text }: { readonly text: string }): ReactNode {
  const isCommand = /^(?:secondwind|npx|curl) [^\n]+$/.test(text)
  return isCommand ? <CodeBlock text={text} label="the command" /> : <Prose text={text} />
}
