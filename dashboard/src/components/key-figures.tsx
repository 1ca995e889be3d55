import type { ReactNode } from 'react'
import type { WireOverview } from '../../../analyzer/api/wire.ts'
import { formatCount, formatShare } from '../lib/format-share.ts'
import { Figure } from './figure.tsx'

/** The headline first: a fallback that was never tried counts against it. */
export function KeyFigures({ overview }: { readonly overview: WireOverview }): ReactNode {
  const { eligibleFailures, unrescued, outcomes, requests } = overview
  const share = formatShare(unrescued, eligibleFailures)
  return (
    <dl className="figures">
      <Figure
        headline
        label="Unrescued share"
        value={share.main}
        detail={describeHeadline(eligibleFailures, share.detail)}
        tone={unrescued > 0 ? 'failed' : 'calm'}
      />
      <Figure label="Requests" value={formatCount(requests)} detail="seen and settled" />
      <Figure
        label="Rescued"
        value={formatCount(outcomes.rescued)}
        detail="by another target"
        tone={outcomes.rescued > 0 ? 'rescued' : 'calm'}
      />
      <Figure
        label="Client-visible failures"
        value={formatCount(outcomes.failed)}
        detail="an error, or not whole"
        tone={outcomes.failed > 0 ? 'failed' : 'calm'}
      />
      <Figure
        label="Cancelled"
        value={formatCount(outcomes.cancelled)}
        detail="the client left: no failure"
      />
    </dl>
  )
}

function describeHeadline(eligibleFailures: number, counts: string): string {
  if (eligibleFailures === 0) return 'no failure that a fallback could have saved'
  return counts === '' ? 'eligible failures not rescued' : `${counts} eligible failures`
}
