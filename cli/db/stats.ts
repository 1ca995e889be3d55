import {
  inspectStore,
  type StoreInspection,
} from '../../analyzer/store/sqlite/keeping/inspect-store.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { findDataFolder } from '../data-folder.ts'
import { parseFlags } from '../parse-flags.ts'
import { columns } from '../columns.ts'
import { showBytes, showCount, showPlural, showTime } from './measures.ts'

export function stats(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseFlags(args, {
    'data-dir': { type: 'string' },
    json: { type: 'boolean' },
  })
  const inspection = inspectStore(findDataFolder(values['data-dir']))
  const text = values.json === true ? `${JSON.stringify(toJson(inspection))}\n` : toText(inspection)
  io.stdout.write(text)
  return Promise.resolve(EXIT.ok)
}

function toJson(inspection: StoreInspection) {
  const { path, parts, spans, bytes, verdicts, acts, judging } = inspection
  return {
    schemaVersion: 1,
    dataDir: path,
    inUse: inspection.isHeld,
    spans,
    bytes,
    bytesPerSpan: perSpan(bytes, spans),
    packedShare: packedShare(inspection),
    files: parts.map((part) => ({
      name: part.name,
      state: part.kind,
      spans: part.spans,
      bytes: part.bytes,
      firstAt: toIso(part.createdMs),
      lastAt: toIso(part.lastReceivedMs),
    })),
    sources: inspection.sources,
    verdicts: {
      bytes: verdicts.bytes,
      ...verdicts.counts,
      readable: verdicts.counts !== undefined,
    },
    acts: {
      bytes: acts.bytes,
      ...(acts.counts !== undefined && {
        acts: acts.counts.acts,
        incidents: acts.counts.incidents,
        lastAt: toIso(acts.counts.lastMs),
      }),
      readable: acts.counts !== undefined,
    },
    judging: {
      judgedUpTo: judging.judgedUpTo,
      waitingSpans: judging.waitingSpans,
      ...(judging.waitingSinceMs === undefined
        ? {}
        : { waitingSince: toIso(judging.waitingSinceMs) }),
    },
    damaged: inspection.damaged,
    setAside: inspection.setAside.map(({ name, bytes: each, atMs }) => ({
      name,
      bytes: each,
      setAsideAt: toIso(atMs),
    })),
    freeBytes: inspection.freeBytes,
  }
}

function toText(inspection: StoreInspection): string {
  const { path, parts, spans, bytes, verdicts, acts, freeBytes, damaged, setAside } = inspection
  const held = inspection.isHeld ? 'an analyzer works on it' : 'no analyzer works on it'
  const lines = [`${path}: ${held}`, '']
  if (parts.length === 0) lines.push('No spans were ever stored here.')
  else lines.push(...fileLines(inspection))
  lines.push(
    '',
    `spans     ${showCount(spans)} in ${showBytes(bytes)}: ${perSpan(bytes, spans)} bytes each, ${Math.round(packedShare(inspection) * 100)} % of them packed`,
    `judged    ${judgedLine(inspection)}`,
    `verdicts  ${verdictLine(verdicts)}`,
    `acts      ${actLine(acts)}`,
    `disk      ${showBytes(freeBytes)} free`,
  )
  for (const source of inspection.sources) {
    const { name, stored, duplicates, rejected, shed } = source
    lines.push(
      `source    ${JSON.stringify(name)}: ${showCount(stored)} stored since the folder was made, ${showCount(duplicates)} duplicates, ${showCount(rejected)} rejected, ${showCount(shed)} shed`,
    )
  }
  for (const { name, bytes: each, atMs } of setAside) {
    lines.push(
      `set aside ${name}: ${showBytes(each)}, damaged at ${showTime(atMs)}; "secondwind db prune --set-aside" removes it`,
    )
  }
  const aside = new Set(setAside.map(({ name }) => name))
  for (const name of damaged.filter((each) => !aside.has(each))) {
    lines.push(`damaged   ${name}: "secondwind db check" says what that means`)
  }
  return `${lines.join('\n')}\n`
}

function fileLines({ parts }: StoreInspection): readonly string[] {
  const rows = parts.map((part) => [
    part.name,
    part.kind,
    showCount(part.spans),
    showBytes(part.bytes),
    String(perSpan(part.bytes, part.spans)),
    part.lastReceivedMs === 0
      ? '-'
      : `${showTime(part.createdMs)} to ${showTime(part.lastReceivedMs)}`,
  ])
  return columns(
    [['file', 'state', 'spans', 'size', 'bytes/span', 'received'], ...rows],
    ['left', 'left', 'right', 'right', 'right', 'left'],
  )
}

function judgedLine({ judging: { waitingSpans, waitingSinceMs } }: StoreInspection): string {
  if (waitingSpans === 0) return 'all of them'
  const since = waitingSinceMs === undefined ? '' : `, the oldest since ${showTime(waitingSinceMs)}`
  return `all but ${showCount(waitingSpans)}, which wait to settle${since}`
}

function verdictLine({ bytes, counts }: StoreInspection['verdicts']): string {
  if (counts === undefined) return 'cannot be read: they are made again at the next start'
  const { requests, incidents } = counts
  return `${showPlural(requests, 'request')} and ${showPlural(incidents, 'incident')} in ${showBytes(bytes)}`
}

function actLine({ bytes, counts }: StoreInspection['acts']): string {
  if (counts === undefined) return 'cannot be read: "secondwind db check" says what that means'
  const { acts, incidents, lastMs } = counts
  if (acts === 0) return 'nobody has done anything to an incident yet'
  const done = `${showPlural(acts, 'act')} of people`
  const on = showPlural(incidents, 'incident')
  return `${done} on ${on} in ${showBytes(bytes)}, the last of ${showTime(lastMs)}`
}

function packedShare({ parts, spans }: StoreInspection): number {
  const packed = parts
    .filter((part) => part.kind === 'packed')
    .reduce((sum, part) => sum + part.spans, 0)
  return spans === 0 ? 0 : packed / spans
}

function perSpan(bytes: number, spans: number): number {
  return spans === 0 ? 0 : Math.round(bytes / spans)
}

function toIso(ms: number): string | null {
  return ms === 0 ? null : new Date(ms).toISOString()
}
