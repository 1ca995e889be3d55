import type { ReactNode } from 'react'
import { useMinute, useNow } from '../lib/clock.ts'
import { formatAgo } from '../lib/format-duration.ts'
import { formatIso, formatLocalTime } from '../lib/format-time.ts'

interface TimeProps {
  /** ISO 8601. */
  readonly at: string
}

/** `3 s ago`, exact on hover. */
export function Ago({ at }: TimeProps): ReactNode {
  const nowMs = useNow()
  const timeMs = Date.parse(at)
  if (Number.isNaN(timeMs)) return <span>–</span>
  return (
    <time dateTime={formatIso(timeMs)} title={titleOf(timeMs, nowMs)}>
      {formatAgo(nowMs - timeMs)}
    </time>
  )
}

/** Stands in for a column of beginnings where there is no room for one. */
export function Since({ at }: TimeProps): ReactNode {
  return (
    <small className="since">
      since <LocalTime at={at} />
    </small>
  )
}

/** The reader's own clock, exact on hover. */
export function LocalTime({ at }: TimeProps): ReactNode {
  const nowMs = useMinute()
  const timeMs = Date.parse(at)
  if (Number.isNaN(timeMs)) return <span>–</span>
  return (
    <time dateTime={formatIso(timeMs)} title={formatIso(timeMs)}>
      {formatLocalTime(timeMs, nowMs)}
    </time>
  )
}

function titleOf(timeMs: number, nowMs: number): string {
  return `${formatLocalTime(timeMs, nowMs)} · ${formatIso(timeMs)}`
}
