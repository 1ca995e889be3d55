import type { ReactNode } from 'react'
import type { HealthNote } from '../lib/health-note.ts'
import { parseInline } from '../lib/prose.ts'
import { Inline } from './prose.tsx'
import { Ago } from './time-text.tsx'

/** What is wrong with the analyzer itself, each with its next step. */
export function HealthNotes({ notes }: { readonly notes: readonly HealthNote[] }): ReactNode {
  return (
    <ul className="health-notes">
      {notes.map(({ key, tone, title, detail, next, at }) => (
        <li key={key} data-tone={tone}>
          <p>
            <strong>{title}</strong>{' '}
            {at !== undefined && (
              <small>
                {at.word} <Ago at={at.time} />
              </small>
            )}
          </p>
          <p>{detail}</p>
          <p>
            <b>Next:</b> <Inline parts={parseInline(next)} />
          </p>
        </li>
      ))}
    </ul>
  )
}
