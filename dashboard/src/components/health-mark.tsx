import type { ReactNode } from 'react'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { useResource } from '../lib/use-resource.ts'
import { Ago } from './time-text.tsx'

/** The dot at the foot of the rail: is the analyzer there, and do spans come. */
export function HealthMark(): ReactNode {
  const { data, failure } = useResource<WireHealth>('health')
  if (failure !== undefined) {
    const word = failure.reason === 'unreachable' ? 'Not connected' : 'In trouble'
    return <Mark tone="failed" word={word} detail="trying again" />
  }
  if (data === undefined) return <Mark tone="quiet" word="Connecting" detail=" " />
  if (data.lastSpanAt === null) return <Mark tone="quiet" word="Waiting" detail="no span yet" />
  return (
    <Mark
      tone="ok"
      word="Receiving"
      detail={
        <>
          last span <Ago at={data.lastSpanAt} />
        </>
      }
    />
  )
}

interface MarkProps {
  readonly tone: string
  readonly word: string
  readonly detail: ReactNode
}

function Mark({ tone, word, detail }: MarkProps): ReactNode {
  return (
    <p className="health" data-tone={tone}>
      <span className="health-dot" aria-hidden="true" />
      <span className="health-word">{word}</span>
      <span className="health-detail">{detail}</span>
    </p>
  )
}
