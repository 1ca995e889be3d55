import { useRef, useState } from 'react'
import type { WireAct, WireIncident } from '../../../analyzer/api/wire.ts'
import { DONE_WORDS, muteUntil, type ActKind, type Mute } from './acts.ts'
import { isOpenEnded, sendWire, type ApiFailure, type Sent } from './api-client.ts'
import { rememberAuthor, useAuthor } from './author.ts'
import { serverNowMs } from './clock.ts'
import { announce } from './live-updates.ts'
import { randomId } from './random-id.ts'
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
  const unanswered = useRef<UnansweredAct | undefined>(undefined)
  const draft = { name: author, note: '', mute: 'hour', ...typed } as const

  const perform = async (kind: ActKind, note: string): Promise<void> => {
    if (busy) return
    setBusy(true)
    setDone('')
    const asked = { ...draft, kind, note }
    // The same once more, as it was: the end of a mute, too.
    const last = unanswered.current
    const sent = last !== undefined && isSame(last.asked, asked) ? last.sent : toSent(asked)
    const result = await sendAct(incidentId, sent)
    setBusy(false)
    const mayBeKept = result !== undefined && isOpenEnded(result)
    unanswered.current = mayBeKept ? { asked, sent } : undefined
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

/** What a person asked for, before it has a time and a key. */
interface AskedAct extends ActDraft {
  readonly kind: ActKind
}

interface UnansweredAct {
  readonly asked: AskedAct
  readonly sent: Sent
}

function isSame(left: AskedAct, right: AskedAct): boolean {
  return (['kind', 'name', 'note', 'mute'] as const).every((key) => left[key] === right[key])
}

async function sendAct(incidentId: string, act: Sent): Promise<ApiFailure | undefined> {
  const path = `incidents/${encodePart(incidentId)}`
  const result = await sendWire<WireIncident>(`${path}/acts`, act)
  if (result.kind === 'failed') return result.failure
  putResource(path, result)
  return undefined
}

function toSent({ kind, name, note, mute }: AskedAct): Sent {
  const until = kind === 'mute' ? muteUntil(mute, serverNowMs()) : undefined
  const body: WireAct = {
    kind,
    by: name.trim(),
    ...(note.trim() !== '' && { note }),
    ...(until !== undefined && { until }),
  }
  return { body, key: randomId() }
}
