import type { ReactNode, RefObject } from 'react'
import { SHORTCUTS } from '../lib/shortcut-keys.ts'

/**
 * The browser's own dialog: it traps the focus, closes on Esc and gives the focus back. It alone
 * knows whether it is open, for it tells of its closing a moment later.
 */
export function HelpDialog({
  dialog,
}: {
  readonly dialog: RefObject<HTMLDialogElement | null>
}): ReactNode {
  return (
    <dialog ref={dialog} className="help" aria-labelledby="help-title">
      <h2 id="help-title">Keyboard</h2>
      <dl>
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key === 'Escape' ? 'Esc' : key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Enter</kbd>
          </dt>
          <dd>Open the row</dd>
        </div>
        <div>
          <dt>
            <kbd>←</kbd>
            <kbd>→</kbd>
          </dt>
          <dd>Fold and unfold a span</dd>
        </div>
      </dl>
      <p>Keys do nothing while you type in a field.</p>
      <form method="dialog">
        <button type="submit" className="button">
          Close
        </button>
      </form>
    </dialog>
  )
}
