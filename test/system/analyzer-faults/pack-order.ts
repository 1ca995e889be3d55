import type { AnalyzerProcess } from './analyzer-process.ts'
import type { Breaches } from './stored.ts'
import { attach, type SystemCall } from './strace.ts'

const SYNCS: ReadonlySet<string> = new Set(['fsync', 'fdatasync'])
const RENAMES: ReadonlySet<string> = new Set(['rename', 'renameat', 'renameat2'])
const REMOVALS: ReadonlySet<string> = new Set(['unlink', 'unlinkat'])
const CALLS = [...SYNCS, ...RENAMES, ...REMOVALS, 'pwrite64'].join()

export interface PackOrder {
  /** Segments that were replaced by packed ones. */
  readonly packed: number
  readonly breaches: Breaches
}

/**
 * What no kill can show, because the kernel keeps what a dead process wrote: that a packed segment,
 * and then its name, were synced before the one that it replaces was removed.
 */
export async function tracePacking(
  analyzer: AnalyzerProcess,
  whilePacking: () => Promise<void>,
): Promise<PackOrder> {
  // With the question mark, a call that this machine does not have is no error.
  const calls = CALLS.split(',').map((name) => `?${name}`)
  const trace = await attach(analyzer.pid, ['-y', '-e', `trace=${calls.join()}`])
  await whilePacking()
  return checkPacking(await trace.end())
}

export function checkPacking(calls: readonly SystemCall[]): PackOrder {
  const renames = calls.filter(
    ({ name, text }) => RENAMES.has(name) && text.includes('.packed.db.tmp') && hasWorked(text),
  )
  const breaches = renames.flatMap((rename) => {
    const [, path = ''] = /"([^"]+)\.packed\.db\.tmp"/u.exec(rename.text) ?? []
    const folder = path.slice(0, path.lastIndexOf('/'))
    const lastWrite = calls.findLast(
      ({ name, text }) => name === 'pwrite64' && text.includes(`<${path}.packed.db.tmp>`),
    )
    const removal = calls.find(
      ({ name, text }) => REMOVALS.has(name) && text.includes(`"${path}.hot.db"`),
    )
    if (lastWrite === undefined) return [`${path} was packed, and nothing written`]
    if (removal === undefined) return [`${path} was packed, and the other one left`]
    const synced = (file: string, between: Between): boolean =>
      calls.some(
        ({ name, text, beganAt, returnedAt }) =>
          SYNCS.has(name) &&
          text.includes(`<${file}>`) &&
          hasWorked(text) &&
          beganAt > between.after.returnedAt &&
          returnedAt < between.before.beganAt,
      )
    const missing = [
      synced(`${path}.packed.db.tmp`, { after: lastWrite, before: rename }) ? [] : ['its bytes'],
      synced(folder, { after: rename, before: removal }) ? [] : ['its name'],
    ].flat()
    return missing.map((what) => `${path}: ${what} may not be on disk when the other one goes`)
  })
  return { packed: renames.length, breaches }
}

interface Between {
  readonly after: SystemCall
  readonly before: SystemCall
}

function hasWorked(text: string): boolean {
  return text.endsWith('= 0')
}
