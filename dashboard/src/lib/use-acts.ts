import { useState } from 'react'
import type { WireAct, WireIncident } from '../../../analyzer/api/wire.ts'
import { DONE_WORDS, muteUntil, type ActKind, type Mute } from './acts.ts'
import { sendWire, type ApiFailure } from './api-client.ts'
import { rememberAuthor, useAuthor } from './author.ts'
import { serverNowMs } from './clock.ts'
import { announce } from './live-updates.ts'
import { encodePart } from './route.ts'
import { putResource } from './use-resource.ts'

/** What was typed and chosen so far; it outlives a closed dialog and a refused act. */
export interface ActDraft {
  readonly name: string
  readonly note: string
  readonly mute: Mute
}

export interface Acts {
  /** Whose dialog is open. */
  readonly asked: ActKind | undefined
  readonly draft: ActDraft
  readonly busy: boolean
  readonly failure: ApiFailure | undefined
  /** What was done last, in words; empty before. */
  readonly done: string
  /** At once, where nothing is left to be asked. */
  readonly start: (kind: ActKind) => void
  readonly change: (part: Partial<ActDraft>) => void
  readonly confirm: () => void
  readonly close: () => void
}

/** Acts of a person on one incident: what is shown is what the analyzer answered. */
export function useActs(incidentId: string): Acts {
  const author = useAuthor()
  const [asked, setAsked] = useState<ActKind | undefined>(undefined)
  const [typed, setTyped] = useState<Partial<ActDraft>>({})
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<ApiFailure | undefined>(undefined)
  const [done, setDone] = useState('')
  const draft = { name: author, note: '', mute: 'hour', ...typed } as const

  const perform = async (kind: ActKind, note: string): Promise<void> => {
    if (busy) return
    setBusy(true)
    setDone('')
    const result = await sendAct(incidentId, toAct(kind, { ...draft, note }))
    setBusy(false)
    if (result === undefined) {
      rememberAuthor(draft.name.trim())
      setTyped({})
      setFailure(undefined)
      setAsked(undefined)
      setDone(DONE_WORDS[kind])
      return
    }
    setFailure(result)
    setAsked(kind)
    // Somebody may have been faster: what they did is to be seen behind the dialog.
    announce()
  }

  const start = (kind: ActKind): void => {
    const isPlain = kind === 'acknowledge' || kind === 'reopen'
    if (isPlain && author !== '') void perform(kind, '')
    else setAsked(kind)
  }
  return {
    asked,
    draft,
    busy,
    failure,
    done,
    start,
    change: (part) => setTyped((before) => ({ ...before, ...part })),
    confirm: () => {
      if (asked !== undefined) void perform(asked, draft.note)
    },
    close: () => {
      setAsked(undefined)
      setFailure(undefined)
    },
  }
}

async function sendAct(incidentId: string, act: WireAct): Promise<ApiFailure | undefined> {
  const path = `incidents/${encodePart(incidentId)}`
  const result = await sendWire<WireIncident>(`${path}/acts`, act)
  if (result.kind === 'failed') return result.failure
  putResource(path, result)
  return undefined
}

function toAct(kind: ActKind, { name, note, mute }: ActDraft): WireAct {
  const until = kind === 'mute' ? muteUntil(mute, serverNowMs()) : undefined
  return {
    kind,
    by: name.trim(),
    ...(note.trim() !== '' && { note }),
    ...(until !== undefined && { until }),
  }
}
