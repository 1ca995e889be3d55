import type { ReactNode } from 'react'
import { EmptyNote } from './empty-note.tsx'

/** Nothing is here, and nothing follows from it. */
export function StillDeriving(): ReactNode {
  return (
    <EmptyNote title="None so far: verdicts are being derived anew">
      <p>
        Incidents come back as their requests are judged again, in the state that they were in. It
        goes on by itself; health tells how many spans are left.
      </p>
    </EmptyNote>
  )
}
