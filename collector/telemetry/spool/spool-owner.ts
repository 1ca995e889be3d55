import { randomBytes } from 'node:crypto'
import { mkdir, readFile, readlink, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

/**
 * Each sidecar spools into a folder of its own, so that no two ever write or read one file. A
 * folder whose owner is no more is taken over by whoever sees it first; a rename decides between
 * two who see it at once.
 */
interface Owner {
  readonly pid: number
  /** When that process started: its number may long be another's. */
  readonly start: string
  /** Host and process namespace: where the number means something. */
  readonly place: string
}

const FILE = 'owner.json'
/** Not a folder of anybody's yet. */
const UNFINISHED = '.'

/** Of a sidecar elsewhere only its signs of life can be seen; it gives one a minute. */
const SILENT_MS_MAX = 180_000

/** Makes this process's folder; it is there whole, with its owner in it, or not at all. */
export async function claimFolder(dir: string): Promise<string> {
  const name = `${process.pid}-${randomBytes(4).toString('hex')}`
  const unfinished = join(dir, UNFINISHED + name)
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  const place = await findPlace()
  const owner: Owner = { pid: process.pid, start: await startOf(process.pid), place }
  await writeFile(join(unfinished, FILE), JSON.stringify(owner), { mode: 0o600 })
  const folder = join(dir, name)
  await rename(unfinished, folder)
  return folder
}

/** Tells sidecars elsewhere that this one lives; false where one of them has taken over. */
export async function giveSignOfLife(folder: string): Promise<boolean> {
  try {
    const now = new Date()
    await utimes(join(folder, FILE), now, now)
    return true
  } catch {
    return false
  }
}

/** From now on anybody may have what is left in the folder. */
export async function releaseFolder(folder: string): Promise<void> {
  await rm(join(folder, FILE), { force: true })
}

/** Whether nobody will write to the folder any more. */
export async function isAbandoned(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined)
  const owner = text === undefined ? undefined : parseOwner(text)
  if (owner === undefined) return true
  if (owner.place === (await findPlace())) {
    return !isRunning(owner.pid) || (await startOf(owner.pid)) !== owner.start
  }
  const { mtimeMs } = await stat(join(folder, FILE))
  return Date.now() - mtimeMs > SILENT_MS_MAX
}

export function isFolderName(name: string): boolean {
  return /^\d+-[0-9a-f]{8}$/.test(name)
}

function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    if (!('pid' in value) || !('start' in value) || !('place' in value)) return undefined
    const { pid, start, place } = value
    if (!Number.isSafeInteger(pid) || typeof start !== 'string') return undefined
    return typeof place === 'string' ? { pid: Number(pid), start, place } : undefined
  } catch {
    return undefined
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process, but one that runs.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Clock ticks from boot to start, where the system tells (Linux); what cannot be told is equal. */
async function startOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name in brackets, which may itself hold both.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}

/** Containers of one host may share its name, but not its processes. */
async function findPlace(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '')
  return `${hostname()} ${namespace}`
}
