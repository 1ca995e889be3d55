import type { WireIncident, WireMarker, WireReleaseNote } from '../../analyzer/api/wire.ts'
import { columns } from '../columns.ts'
import { printable } from '../terminal-text.ts'

/** What changed at the gateway before the incident began, the latest first. */
export function changeLines({ markers }: Pick<WireIncident, 'markers'>): readonly string[] {
  const rows = markers.map((marker) => [
    `  ${marker.at.slice(0, 16)}Z`,
    printable(describeMarker(marker)),
  ])
  return columns(rows, ['left', 'left'])
}

/** A note without the releases that it speaks of would be read as one of all. */
export function releaseLines({ releases }: Pick<WireIncident, 'releases'>): readonly string[] {
  const rows = releases.map((note) => [`  ${describeRange(note)}`, printable(note.text)])
  return columns(rows, ['left', 'left'])
}

function describeMarker({ kind, from, to }: WireMarker): string {
  const before = from === null ? '' : `, before it ${from}`
  switch (kind) {
    case 'release':
      return `another release: ${to}${before}`
    case 'instance':
      return `a new process: ${to}${before}`
    case 'router-config':
      return `another router configuration: ${to}${before}`
  }
}

const GATEWAYS = { litellm: 'LiteLLM', secondwind: 'Secondwind' } as const

function describeRange({ gateway, from, to }: WireReleaseNote): string {
  const name = GATEWAYS[gateway]
  if (from === null) return to === null ? `${name}, every release` : `${name} up to ${to}`
  if (to === null) return `${name} ${from} and later`
  return from === to ? `${name} ${from}` : `${name} ${from} to ${to}`
}
