import { useEffect, useRef, type ReactNode } from 'react'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import type { HealthNote } from '../lib/health-note.ts'
import { HealthFacts } from './health-facts.tsx'
import { HealthNotes } from './health-notes.tsx'

interface HealthDialogProps {
  readonly health: WireHealth
  readonly notes: readonly HealthNote[]
  readonly onClose: () => void
}

/** The analyzer's own health, in words; opened from the mark in the rail. */
export function HealthDialog({ health, notes, onClose }: HealthDialogProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal()
    // The browser would go to the button at the end, past what is to be read.
    heading.current?.focus()
  }, [])
  return (
    <dialog
      ref={dialog}
      className="help health-dialog"
      onClose={onClose}
      aria-labelledby="health-dialog-title"
    >
      <h2 id="health-dialog-title" ref={heading} tabIndex={-1}>
        Health of the analyzer
      </h2>
      {notes.length === 0 ? (
        <p>Spans arrive, are stored and judged; nothing needs you.</p>
      ) : (
        <HealthNotes notes={notes} />
      )}
      <HealthFacts health={health} />
      <form method="dialog">
        <button type="submit" className="button">
          Close
        </button>
      </form>
    </dialog>
  )
}
