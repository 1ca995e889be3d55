import { useEffect, useState, type ReactNode } from 'react'
import { Glyph } from './glyph.tsx'

const SHOWN_MS = 1600

interface CopyButtonProps {
  readonly text: string
  readonly label: string
}

/** Says whether it worked, for a clipboard may be refused (no HTTPS, no permission). */
export function CopyButton({ text, label }: CopyButtonProps): ReactNode {
  const [result, setResult] = useState<'idle' | 'copied' | 'refused'>('idle')
  useEffect(() => {
    if (result === 'idle') return undefined
    const timer = setTimeout(() => setResult('idle'), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [result])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setResult('copied')
    } catch {
      setResult('refused')
    }
  }
  return (
    <button
      type="button"
      className="copy"
      data-result={result}
      aria-label={`Copy ${label}`}
      onClick={() => void copy()}
    >
      <Glyph name={result === 'copied' ? 'check' : 'copy'} />
      <span aria-live="polite">
        {result === 'copied' && 'Copied'}
        {result === 'refused' && 'Not allowed: select it and copy'}
      </span>
    </button>
  )
}
