import type { ReactNode } from 'react'
import type { WireHealth } from '../../../analyzer/api/wire.ts'
import { formatPlural } from '../lib/format-share.ts'
import { ConnectGuide } from './connect-guide.tsx'
import { EmptyNote } from './empty-note.tsx'
import { StillDeriving } from './still-deriving.tsx'
import { Ago } from './time-text.tsx'

interface NoIncidentsProps {
  readonly health: WireHealth
  readonly requests: number
}

/** Empty is not broken: which of the two it is stands here. */
export function NoIncidents({ health, requests }: NoIncidentsProps): ReactNode {
  if (health.lastSpanAt === null) return <ConnectGuide otlpHttpUrl={health.otlpHttpUrl} />
  if (health.lag.derivingAnew) return <StillDeriving />
  if (isNothingRecognised(health)) return <NothingRecognised health={health} />
  return (
    <EmptyNote title="No incidents.">
      <p>
        {formatPlural(requests, 'request')} seen, last span <Ago at={health.lastSpanAt} />.
        {health.requestsPending > 0 &&
          ` ${formatPlural(health.requestsPending, 'request')} not settled yet.`}
      </p>
    </EmptyNote>
  )
}

/** Spans come, and not one of them is of a kind that is understood. */
export function isNothingRecognised(health: WireHealth): boolean {
  return health.spansStored > 0 && health.spansUnrecognised >= health.spansStored
}

export function NothingRecognised({ health }: { readonly health: WireHealth }): ReactNode {
  return (
    <EmptyNote title="Spans arrive, but none tells of an LLM request">
      <p>
        {formatPlural(health.spansStored, 'span')} came
        {health.lastSpanAt !== null && (
          <>
            , the last <Ago at={health.lastSpanAt} />
          </>
        )}
        , and none is LiteLLM's or Secondwind's, or keeps to the GenAI convention or to
        OpenInference. Is it an application's own telemetry? Check that the router itself exports:
        for LiteLLM <code>callbacks: ["otel"]</code> under <code>litellm_settings</code>.
      </p>
    </EmptyNote>
  )
}
