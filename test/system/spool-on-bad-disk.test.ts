import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'

/**
 * A disk that is full, or that nobody may write to, in a mount of its own: what was written stays
 * readable, what could not be is told, and once there is room the same process writes again (I6).
 */

const dist = new URL('../../dist/collector/telemetry/spool/disk-spool.js', import.meta.url).href

/** Runs in the child, with the compiled spool: a mount cannot be had for one test of a process. */
const SCRIPT = `
import { execFileSync } from 'node:child_process'
import { writeFileSync, rmSync } from 'node:fs'
import { DiskSpool } from ${JSON.stringify(dist)}
const [, disk] = process.argv
const lines = []
const log = { info: (m) => lines.push(m), warn: (m) => lines.push(m), error: (m) => lines.push(m) }
const origin = { resource: Buffer.from('resource'), scope: Buffer.from('scope') }
const spool = new DiskSpool({ dir: disk + '/spool', bytesMax: 1024 ** 2, origin, log })
const group = (name) => ({ bytes: Buffer.alloc(10_000, name), spans: 1, important: true, origin })
const names = async () => {
  const names = []
  for (let read; (read = await spool.read(true)) !== undefined; ) {
    for (const entry of read.groups) {
      names.push(String.fromCharCode(entry.bytes[0]))
      spool.settle(entry)
    }
  }
  return names
}
writeFileSync(disk + '/ballast', Buffer.alloc(200_000))
const results = {}
let written = 0
for (const name of 'abcdefghijklmnopqrstuvwxyz') written += (await spool.append([group(name)])).written
results.full = { written, room: spool.hasRoomFor(true), lines: lines.splice(0) }
rmSync(disk + '/ballast')
results.freed = { ...(await spool.append([group('Z')])), lines: lines.splice(0) }
results.read = { names: await names(), damaged: spool.damagedRecords }
execFileSync('mount', ['-o', 'remount,ro', disk])
results.readOnly = { ...(await spool.append([group('X')])), lines: lines.splice(0) }
await spool.close()
console.log(JSON.stringify(results))
`

const RUN = 'mount -t tmpfs -o size=256k none "$1" && exec "$2" --input-type=module -e "$3" "$1"'

/** A mount that nobody else sees, for whoever may have one. */
const APART = 'unshare'
const canMount = spawnSync(APART, ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0

test.skipIf(!canMount)('a full disk and a read-only one lose nothing that was written', () => {
  const disk = join(temporaryFolder(), 'disk')
  mkdirSync(disk)
  const child = spawnSync(APART, ['-rm', 'sh', '-c', RUN, 'sh', disk, process.execPath, SCRIPT])
  const results: unknown = JSON.parse(child.stdout.toString() || child.stderr.toString())
  const unusable = 'the spool cannot be used; spans wait in memory'

  expect(results).toMatchObject({
    full: { room: false, lines: [unusable] },
    freed: { written: 1, lines: ['the spool can be used again'] },
    read: { damaged: 0 },
    readOnly: { written: 0, lines: [unusable] },
  })
  const { full, read } = results as {
    readonly full: { readonly written: number }
    readonly read: { readonly names: readonly string[] }
  }
  expect(full.written).toBeGreaterThan(0)
  expect(full.written).toBeLessThan(26)
  expect(read.names.join('')).toBe(`${'abcdefghijklmnopqrstuvwxyz'.slice(0, full.written)}Z`)
})
