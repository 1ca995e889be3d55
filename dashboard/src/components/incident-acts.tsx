import { useEffect, useLayoutEffect, useMemo, useRef, type ReactNode } from 'react'
import type { WireIncident } from '../../../analyzer/api/wire.ts'
import { ACT_WORDS, fittingActs } from '../lib/acts.ts'
import { useActs } from '../lib/use-acts.ts'
import { useShortcuts } from '../lib/use-shortcuts.ts'
import { ActDialog } from './act-dialog.tsx'

const KEYS = { acknowledge: 'a', resolve: 'r', mute: 'm', note: 'n' } as const

/** What a person can do to an incident in its present state. */
export function IncidentActs({ incident }: { readonly incident: WireIncident }): ReactNode {
  const acts = useActs(incident.id)
  const { state } = incident
  const fitting = fittingActs(state)
  const { start, done } = acts

  const latest = useRef(start)
  useLayoutEffect(() => {
    latest.current = start
  })
  const handlers = useMemo(
    () => Object.fromEntries(fittingActs(state).map((kind) => [kind, () => latest.current(kind)])),
    [state],
  )
  useShortcuts(handlers)

  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // The button that was pressed may be gone: whoever pressed it goes on where it was.
    if (done !== '' && document.activeElement === document.body) {
      bar.current?.querySelector('button')?.focus()
    }
  }, [done])

  return (
    <div className="acts" ref={bar}>
      {fitting.map((kind) => (
        <button
          key={kind}
          type="button"
          className="button"
          aria-haspopup={kind === 'acknowledge' || kind === 'reopen' ? undefined : 'dialog'}
          title={kind === 'reopen' ? undefined : `${ACT_WORDS[kind]} (${KEYS[kind]})`}
          onClick={() => start(kind)}
        >
          {ACT_WORDS[kind]}
        </button>
      ))}
      <output>{done}</output>
      {acts.asked !== undefined && <ActDialog kind={acts.asked} acts={acts} />}
    </div>
  )
}
