import {
  useId,
  useLayoutEffect,
  useRef,
  type KeyboardEvent,
  type ReactNode,
  type SubmitEvent,
} from 'react'
import {
  ACT_MEANINGS,
  ACT_WORDS,
  MUTES,
  MUTE_WORDS,
  NAME_CHARS_MAX,
  NOTE_CHARS_MAX,
  type ActKind,
} from '../lib/acts.ts'
import type { Acts } from '../lib/use-acts.ts'
import { Failure } from './resource-view.tsx'

interface ActDialogProps {
  readonly kind: ActKind
  readonly acts: Acts
}

/** Asks what an act still needs. Closed or refused, it keeps what was typed. */
export function ActDialog({ kind, acts }: ActDialogProps): ReactNode {
  const { draft, busy, failure, change, confirm, close } = acts
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  // Closed while it is still in the document, so that the browser gives the focus back.
  useLayoutEffect(() => {
    const element = dialog.current
    if (element?.open === false) element.showModal()
    return () => element?.close()
  }, [])
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    confirm()
  }
  return (
    <dialog
      ref={dialog}
      className="help"
      onClose={(event) => {
        // It may be open again by the time that the browser tells.
        if (!event.currentTarget.open) close()
      }}
      aria-labelledby={`${id}-title`}
    >
      {/* The keys are those of its fields, heard here once. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <form className="act" onSubmit={submit} onKeyDown={sendByKey}>
        <h2 id={`${id}-title`}>{ACT_WORDS[kind]}</h2>
        <p>{ACT_MEANINGS[kind]}</p>
        {kind === 'mute' && <MuteChoice acts={acts} />}
        <NoteField id={`${id}-note`} needed={kind === 'note'} acts={acts} />
        <label htmlFor={`${id}-name`}>
          Your name <small>kept in this browser</small>
        </label>
        <input
          id={`${id}-name`}
          value={draft.name}
          required
          maxLength={NAME_CHARS_MAX}
          autoComplete="name"
          onChange={(event) => change({ name: event.target.value })}
        />
        {failure !== undefined && <Failure failure={failure} />}
        <div className="act-buttons">
          <button type="submit" className="button button-primary" aria-disabled={busy}>
            {busy ? 'Sending' : ACT_WORDS[kind]}
          </button>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  )
}

/** Enter alone is a new line of the note. */
function sendByKey(event: KeyboardEvent<HTMLFormElement>): void {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.requestSubmit()
}

interface NoteFieldProps {
  readonly id: string
  readonly needed: boolean
  readonly acts: Acts
}

function NoteField({ id, needed, acts }: NoteFieldProps): ReactNode {
  return (
    <>
      <label htmlFor={id}>Note {!needed && <small>if there is something to say</small>}</label>
      <textarea
        id={id}
        rows={3}
        value={acts.draft.note}
        required={needed}
        maxLength={NOTE_CHARS_MAX}
        onChange={(event) => acts.change({ note: event.target.value })}
      />
    </>
  )
}

function MuteChoice({ acts }: { readonly acts: Acts }): ReactNode {
  return (
    <fieldset>
      <legend className="visually-hidden">For how long</legend>
      {MUTES.map((mute) => (
        <label key={mute}>
          <input
            type="radio"
            name="mute"
            checked={acts.draft.mute === mute}
            onChange={() => acts.change({ mute })}
          />
          {MUTE_WORDS[mute]}
        </label>
      ))}
    </fieldset>
  )
}
