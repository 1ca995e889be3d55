import { pruneStore, type Pruned } from '../../analyzer/store/sqlite/keeping/prune-store.ts'
import type { SetAsideFile } from '../../analyzer/store/store.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { findDataFolder } from '../data-folder.ts'
import { parseFlags } from '../parse-flags.ts'
import { parseAge, parseSize, showBytes, showCount, showPlural, showTime } from './measures.ts'

export function prune(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseFlags(args, {
    'data-dir': { type: 'string' },
    json: { type: 'boolean' },
    'older-than': { type: 'string' },
    'to-size': { type: 'string' },
    'set-aside': { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  })
  const age = values['older-than']
  const size = values['to-size']
  const setAside = values['set-aside'] === true
  if (age === undefined && size === undefined && !setAside) {
    throw new CommandError('USAGE', {
      message: 'db prune: expected --older-than, --to-size or --set-aside',
      hint: 'secondwind db prune --older-than 7d --dry-run shows what would go',
    })
  }
  const limits = {
    ageMsMax: age === undefined ? Infinity : parseAge('older-than', age),
    bytesMax: size === undefined ? Infinity : parseSize('to-size', size),
  }
  const dryRun = values['dry-run'] === true
  const path = findDataFolder(values['data-dir'])
  const pruned = pruneStore({ path, limits, setAside, nowMs: Date.now(), dryRun })
  io.stdout.write(
    values.json === true
      ? `${JSON.stringify(toJson(pruned, { path, dryRun }))}\n`
      : [...setAsideLines(pruned, dryRun), ...partLines(pruned, dryRun)].join('\n') + '\n',
  )
  return Promise.resolve(EXIT.ok)
}

function toJson(
  { dropped, kept, unjudged, setAside }: Pruned,
  run: { path: string; dryRun: boolean },
) {
  return {
    schemaVersion: 1,
    dataDir: run.path,
    dryRun: run.dryRun,
    dropped: dropped.map(({ name, spans, bytes, lastReceivedMs }) => ({
      name,
      spans,
      bytes,
      lastAt: new Date(lastReceivedMs).toISOString(),
    })),
    spansDropped: sum(dropped, 'spans'),
    spansUnjudged: unjudged,
    bytesDropped: sum(dropped, 'bytes'),
    spansKept: sum(kept, 'spans'),
    bytesKept: sum(kept, 'bytes'),
    setAside: {
      removed: setAside.removed.map(toJsonFile),
      bytesRemoved: sum(setAside.removed, 'bytes'),
      bytesKept: sum(setAside.kept, 'bytes'),
    },
  }
}

function toJsonFile({ name, bytes, atMs }: SetAsideFile) {
  return { name, bytes, setAsideAt: new Date(atMs).toISOString() }
}

/** Never removed unasked: whoever can read more of one of them may want to. */
function setAsideLines({ setAside: { removed, kept } }: Pruned, dryRun: boolean) {
  const lines = removed.map(
    ({ name, bytes, atMs }) =>
      `${name}: ${showBytes(bytes)}, damaged and set aside at ${showTime(atMs)}`,
  )
  if (removed.length > 0) {
    const what = showPlural(removed.length, 'damaged file')
    lines.push(
      `${dryRun ? 'would remove' : 'removed'} ${what}, ${showBytes(sum(removed, 'bytes'))}`,
    )
  }
  if (kept.length > 0) {
    lines.push(
      `${showPlural(kept.length, 'damaged file')} set aside, ${showBytes(sum(kept, 'bytes'))}, kept: --set-aside removes them`,
    )
  }
  return lines
}

function partLines({ dropped, kept, unjudged }: Pruned, dryRun: boolean): readonly string[] {
  const lines = dropped.map(
    ({ name, spans, bytes, lastReceivedMs }) =>
      `${name}: ${showPlural(spans, 'span')}, ${showBytes(bytes)}, the newest of ${showTime(lastReceivedMs)}`,
  )
  const left = `${showBytes(sum(kept, 'bytes'))} ${dryRun ? 'would be' : 'are'} left`
  const last = dropped.at(-1)
  if (last === undefined) return [`nothing to drop: ${left}; the file that is written to stays`]
  const spans = sum(dropped, 'spans')
  const what = `${showPlural(dropped.length, 'file')} with ${showPlural(spans, 'span')}`
  lines.push(
    `${dryRun ? 'would drop' : 'dropped'} ${what}, ${showBytes(sum(dropped, 'bytes'))}; ${left}`,
  )
  if (unjudged > 0) {
    lines.push(
      `  ${showCount(unjudged)} of these spans ${dryRun ? 'are' : 'were'} not judged: their requests are in no list and no count`,
    )
  }
  if (unjudged < spans) {
    lines.push(
      `  requests up to ${showTime(last.lastReceivedMs)} stay in lists and counts, but their traces ${dryRun ? 'could not' : 'cannot'} be opened any more`,
    )
  }
  return lines
}

function sum<K extends string>(parts: readonly Readonly<Record<K, number>>[], figure: K): number {
  return parts.reduce((total, part) => total + part[figure], 0)
}
