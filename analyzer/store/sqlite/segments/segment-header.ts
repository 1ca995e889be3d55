import { closeSync, openSync, readSync, statSync } from 'node:fs'

import { VERSION_MAX } from '../migrate.ts'

/**
 * What the first hundred bytes say, before SQLite is asked, which would write to the file. Only for
 * files that this process has not opened yet: to close any descriptor of a file drops all locks
 * that the process holds on it (POSIX), those of SQLite too, and then whoever looks into the file
 * with a tool of SQLite's would remove the log that is being written.
 */
export type SegmentHeader =
  /** Begun, and nothing of it is there yet. */
  | { readonly kind: 'unborn' }
  | { readonly kind: 'damaged' }
  | { readonly kind: 'database'; readonly version: number }

const MAGIC = 'SQLite format 3\u0000'
/** Versions of the format for writing and for reading; with another one SQLite would only read. */
const FORMATS_AT = 18
const FORMATS = [1, 2]
/** `user_version`, big-endian. */
const VERSION_AT = 60

/** Whether nothing of it is there yet. Asks for its size alone, see above. */
export function isUnborn(path: string): boolean {
  return statSync(path).size === 0 && !hasLog(path)
}

export function readSegmentHeader(path: string): SegmentHeader {
  const header = Buffer.alloc(VERSION_AT + 4)
  const file = openSync(path, 'r')
  try {
    if (readSync(file, header, 0, header.length, 0) === 0) {
      // SQLite writes the file's first page before it begins a log; it would remove this one.
      return { kind: hasLog(path) ? 'damaged' : 'unborn' }
    }
  } finally {
    closeSync(file)
  }
  const version = header.readUInt32BE(VERSION_AT)
  const formats = [header.readUInt8(FORMATS_AT), header.readUInt8(FORMATS_AT + 1)]
  const isWhole =
    header.toString('latin1', 0, MAGIC.length) === MAGIC &&
    formats.every((format) => FORMATS.includes(format)) &&
    version <= VERSION_MAX
  return isWhole ? { kind: 'database', version } : { kind: 'damaged' }
}

function hasLog(path: string): boolean {
  return (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
}
