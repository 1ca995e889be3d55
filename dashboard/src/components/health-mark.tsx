import { useState, type ReactNode } from 'react'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { useNow } from '../lib/clock.ts'
import { formatPlural } from '../lib/format-share.ts'
import type { HealthNote } from '../lib/health-note.ts'
import { healthNotes } from '../lib/health-notes.ts'
import { useResource } from '../lib/use-resource.ts'
import { HealthDialog } from './health-dialog.tsx'
import { Ago } from './time-text.tsx'

/** The dot at the foot of the rail: is the analyzer there, do spans come, does it need anybody. */
export function HealthMark(): ReactNode {
  const { data, failure } = useResource<WireHealth>('health')
  if (failure !== undefined) {
    const word = failure.reason === 'unreachable' ? 'Not connected' : 'In trouble'
    return (
      <p className="health" data-tone="failed">
        <Words word={word} detail="trying again" />
      </p>
    )
  }
  if (data === undefined) {
    return (
      <p className="health" data-tone="quiet">
        <Words word="Connecting" detail=" " />
      </p>
    )
  }
  return <HealthButton health={data} />
}

function HealthButton({ health }: { readonly health: WireHealth }): ReactNode {
  const [isOpen, setIsOpen] = useState(false)
  const notes = healthNotes(health, useNow())
  const { tone, word } = summarise(health, notes)
  const detail =
    health.lastSpanAt === null ? (
      'no span yet'
    ) : (
      <>
        last span <Ago at={health.lastSpanAt} />
      </>
    )
  return (
    <>
      <button
        type="button"
        className="health"
        data-tone={tone}
        aria-haspopup="dialog"
        title="Health of the analyzer"
        onClick={() => setIsOpen(true)}
      >
        <Words word={word} detail={detail} />
      </button>
      {isOpen && <HealthDialog health={health} notes={notes} onClose={() => setIsOpen(false)} />}
    </>
  )
}

function summarise(
  { lastSpanAt }: WireHealth,
  [gravest, ...others]: readonly HealthNote[],
): { readonly tone: string; readonly word: string } {
  if (gravest !== undefined) {
    const word =
      gravest.tone === 'failed'
        ? gravest.title
        : `${formatPlural(others.length + 1, 'thing')} to look at`
    return { tone: gravest.tone, word }
  }
  if (lastSpanAt === null) return { tone: 'quiet', word: 'Waiting' }
  return { tone: 'ok', word: 'Receiving' }
}

function Words({ word, detail }: { readonly word: string; readonly detail: ReactNode }): ReactNode {
  return (
    <>
      <span className="health-dot" aria-hidden="true" />
      <span className="health-word">{word}</span>
      <span className="health-detail">{detail}</span>
    </>
  )
}
