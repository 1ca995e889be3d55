import type { ReactNode } from 'react'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { useNow } from '../lib/clock.ts'
import { formatPlural } from '../lib/format-share.ts'
import { healthNotes } from '../lib/health-notes.ts'
import { HealthNotes } from './health-notes.tsx'

/** The others are in the dialog of the health mark, on every page. */
const NOTES_SHOWN = 2

/** Above the overview: whoever reads the figures must know when they cannot be believed. */
export function HealthStrip({ health }: { readonly health: WireHealth }): ReactNode {
  const notes = healthNotes(health, useNow())
  if (notes.length === 0) return null
  const more = notes.length - NOTES_SHOWN
  return (
    <section className="panel health-strip" aria-label="Health of the analyzer">
      <HealthNotes notes={notes.slice(0, NOTES_SHOWN)} />
      {more > 0 && (
        <p>
          {formatPlural(more, 'more thing')} to look at, under the health mark beside the
          navigation.
        </p>
      )}
    </section>
  )
}
