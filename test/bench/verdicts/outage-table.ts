import type { Recording } from '../../support/litellm-recordings.ts'
import { outageCost } from './outage-cost.ts'
import { tableOf } from './table.ts'
import { windowCost } from './window-cost.ts'

/** What `--only` names it by. */
export const OUTAGE = 'outage'

/** Both in microseconds of CPU per request; what counts is the ratio. */
export interface OutageRow {
  readonly name: string
  readonly requests: number
  readonly oursUs: number
  readonly besideUs: number
  readonly beside: string
  /** Of `oursUs` to `besideUs`. */
  readonly ratioMax: number
}

/** An outage is when people look: what judging costs then, beside a good day in the same run. */
export function measureOutage(
  recordings: readonly Recording[],
  { tiny }: { readonly tiny: boolean },
): readonly OutageRow[] {
  const { failedUs, healthyUs, requests } = outageCost(tiny ? 300 : 18_000, recordings)
  const windows = windowCost(tiny ? 300 : 60_000, tiny ? 1 : 3)
  return [
    {
      name: 'in-process requests that all fail, 300/s',
      requests,
      oursUs: failedUs,
      besideUs: healthyUs,
      beside: 'as many that went well',
      ratioMax: 3,
    },
    {
      name: 'storing verdicts while 20 routes are rescued',
      requests: windows.requests,
      oursUs: windows.storedUs,
      besideUs: windows.withoutUs,
      beside: 'the same without windows',
      ratioMax: 1.15,
    },
  ]
}

export function outageTable(rows: readonly OutageRow[]): string {
  const heads = ['an outage', 'requests', 'µs/request', 'beside it', '', 'ratio', 'goal']
  return tableOf(
    heads,
    rows.map(({ name, requests, oursUs, besideUs, beside, ratioMax }) => {
      const ratio = oursUs / besideUs
      return [
        name,
        String(requests),
        oursUs.toFixed(0),
        besideUs.toFixed(0),
        beside,
        ratio.toFixed(2),
        `≤ ${ratioMax} ${ratio <= ratioMax ? 'met' : 'MISSED'}`,
      ]
    }),
  )
}
