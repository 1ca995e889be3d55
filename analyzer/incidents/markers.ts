/** When a gateway's spans named one release or one process, with no long silence in between. */
export interface GatewayRun {
  readonly source: string
  /** Of one source there may be two: a sidecar behind LiteLLM. */
  readonly gateway: string
  readonly kind: 'release' | 'instance'
  readonly value: string
  /** Since 1970; of its first request and of its last. */
  readonly fromMinute: number
  readonly toMinute: number
}

/** What the analyzer read of a source's router file when it started. */
export interface ConfigReading {
  readonly source: string
  readonly hash: string
  readonly atMs: number
}

/** Something that changed at a gateway: what an incident that began then may come from. */
export interface Marker {
  readonly source: string
  readonly kind: 'release' | 'instance' | 'router-config'
  readonly atMs: number
  readonly to: string
  readonly from: string | undefined
}

/** A release that is silent for so long and comes back may have been rolled back to. */
export const RUN_GAP_MINUTES = 30

/** How long before an incident a change is still worth a look. */
export const MARKER_BEFORE_MS = 60 * 60_000

/**
 * What changed, the latest first. Pure: the same sightings make the same markers, in whatever order
 * they came. What a source began with is no change.
 */
export function toMarkers(
  runs: readonly GatewayRun[],
  readings: readonly ConfigReading[],
): readonly Marker[] {
  const markers = [
    ...groupsOf(runs.filter(({ kind }) => kind === 'release')).flatMap(releaseMarkers),
    ...groupsOf(runs.filter(({ kind }) => kind === 'instance')).flatMap(instanceMarkers),
    ...groupsOf(readings.map((reading) => ({ ...reading, gateway: '' }))).flatMap(configMarkers),
  ]
  return markers.toSorted(
    (left, right) =>
      right.atMs - left.atMs ||
      byText(left.source, right.source) ||
      byText(left.kind, right.kind) ||
      byText(left.to, right.to),
  )
}

/** Those that may tell where something came from that began then. */
export function markersBefore(
  markers: readonly Marker[],
  { source, atMs }: { readonly source: string; readonly atMs: number },
): readonly Marker[] {
  return markers.filter(
    (marker) =>
      marker.source === source && marker.atMs <= atMs && marker.atMs >= atMs - MARKER_BEFORE_MS,
  )
}

/**
 * Releases of a source's gateways that spoke in this minute: while pods are replaced, two of one.
 */
export function releasesSeen(
  runs: readonly GatewayRun[],
  { source, atMs }: { readonly source: string; readonly atMs: number },
): readonly { readonly gateway: string; readonly release: string }[] {
  const minute = Math.floor(atMs / MINUTE_MS)
  return runs
    .filter(
      (run) =>
        run.source === source &&
        run.kind === 'release' &&
        run.fromMinute <= minute &&
        minute <= run.toMinute,
    )
    .map(({ gateway, value }) => ({ gateway, release: value }))
}

/** A run is a change where another release was seen since the same one last was, or ever before. */
function releaseMarkers(unordered: readonly GatewayRun[]): readonly Marker[] {
  const runs = inOrder(unordered)
  return runs.flatMap((run, index) => {
    const before = runs.slice(0, index)
    const other = before.findLast(({ value }) => value !== run.value)
    if (other === undefined) return []
    const same = before.findLast(({ value }) => value === run.value)
    // Two releases at once while pods are replaced: the old one is no news when it speaks again.
    if (same !== undefined && other.fromMinute <= same.toMinute) return []
    return [toMarker(run, other.value)]
  })
}

/** Its first run alone: an instance that was silent for an hour is no new one. */
function instanceMarkers(unordered: readonly GatewayRun[]): readonly Marker[] {
  const runs = inOrder(unordered)
  const begun = runs[0]?.fromMinute
  const seen = new Set<string>()
  return runs.flatMap((run) => {
    const isNew = !seen.has(run.value) && run.fromMinute !== begun
    seen.add(run.value)
    return isNew ? [toMarker(run, undefined)] : []
  })
}

function configMarkers(unordered: readonly ConfigReading[]): readonly Marker[] {
  const readings = unordered.toSorted((left, right) => left.atMs - right.atMs)
  return readings.flatMap(({ source, hash, atMs }, index) => {
    const before = readings[index - 1]
    if (before === undefined || before.hash === hash) return []
    return [{ source, kind: 'router-config' as const, atMs, to: hash, from: before.hash }]
  })
}

function toMarker(
  { source, kind, fromMinute, value }: GatewayRun,
  from: string | undefined,
): Marker {
  return { source, kind, atMs: fromMinute * MINUTE_MS, to: value, from }
}

const MINUTE_MS = 60_000

function inOrder(runs: readonly GatewayRun[]): readonly GatewayRun[] {
  return runs.toSorted(
    (left, right) => left.fromMinute - right.fromMinute || byText(left.value, right.value),
  )
}

/** Of one source and gateway each. */
function groupsOf<One extends { readonly source: string; readonly gateway: string }>(
  all: readonly One[],
): readonly (readonly One[])[] {
  const groups = new Map<string, One[]>()
  for (const one of all) {
    const key = JSON.stringify([one.source, one.gateway])
    const members = groups.get(key)
    if (members === undefined) groups.set(key, [one])
    else members.push(one)
  }
  return [...groups.values()]
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
