import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Origin, SpanGroup } from '../../../../collector/telemetry/encode-export.ts'
import { DiskSpool } from '../../../../collector/telemetry/spool/disk-spool.ts'
import type { SpooledGroup } from '../../../../collector/telemetry/spool/spool.ts'
import { type LogLine, recordLog } from '../../../support/record-log.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

const ORIGIN: Origin = { resource: Buffer.from('resource'), scope: Buffer.from('scope') }
const GROUP_BYTES = 1000

interface Opened {
  readonly spool: DiskSpool
  readonly lines: readonly LogLine[]
}

function open(dir: string, bytesMax = 1024 ** 2): Opened {
  const log = recordLog()
  const spool = new DiskSpool({ dir, bytesMax, origin: ORIGIN, log })
  onTestFinished(() => spool.close())
  return { spool, lines: log.lines }
}

function group(name: string, important = false): SpanGroup {
  return { bytes: Buffer.alloc(GROUP_BYTES, name), spans: 2, important, origin: ORIGIN }
}

const nameOf = ({ bytes }: SpanGroup): string => String.fromCodePoint(bytes[0] ?? 0)

/** Reads until there is no more, as it would be sent. */
async function readAll(spool: DiskSpool): Promise<readonly SpooledGroup[]> {
  const groups: SpooledGroup[] = []
  for (const important of [true, false]) {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- until there is no more
      const read = await spool.read(important)
      if (read === undefined) break
      groups.push(...read.groups)
    }
  }
  return groups
}

const filesUnder = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.spool'))

/** Its process is no more, and nothing else of it is changed: what `kill -9` leaves. */
function bury(dir: string): void {
  for (const name of readdirSync(dir)) {
    const file = join(dir, name, 'owner.json')
    const owner = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...owner, start: 'another process' }))
  }
}

describe('a spool', () => {
  test('gives back failures first, in their order, and deletes what is settled', async () => {
    const dir = temporaryFolder()
    const { spool } = open(dir)
    const groups = [group('a'), group('F', true), group('b'), group('G', true)]
    expect(await spool.append(groups)).toEqual({ written: 4, droppedSpans: 0 })
    const read = await readAll(spool)
    expect(read.map(nameOf)).toEqual(['F', 'G', 'a', 'b'])
    expect(read.map(({ important, spans }) => [important, spans])).toEqual([
      [true, 2],
      [true, 2],
      [false, 2],
      [false, 2],
    ])
    expect(filesUnder(dir)).toHaveLength(2)
    for (const entry of read) spool.settle(entry)
    await spool.close()
    expect(readdirSync(dir)).toEqual([])
    expect(spool.bytes).toBe(0)
  })

  test('makes no folder before there is something to keep', async () => {
    const dir = join(temporaryFolder(), 'not', 'there')
    const { spool, lines } = open(dir)
    expect(await spool.adopt()).toBe(0)
    await spool.append([group('a')])
    expect(filesUnder(dir)).toHaveLength(1)
    expect(statSync(join(dir, filesUnder(dir)[0] ?? '')).mode & 0o077).toBe(0)
    expect(lines).toEqual([])
  })

  test('drops the oldest healthy requests first, and failures last', async () => {
    const bytesMax = 24 * 1024
    const { spool } = open(temporaryFolder(), bytesMax)
    let written = 0
    let dropped = 0
    const names: string[] = []
    for (let index = 0; index < 60; index += 1) {
      const important = index % 10 === 0
      const name = String.fromCodePoint(65 + index)
      if (important) names.push(name)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const appended = await spool.append([group(name, important)])
      expect(spool.bytes).toBeLessThanOrEqual(bytesMax)
      written += appended.written
      dropped += appended.droppedSpans
    }
    const read = await readAll(spool)
    expect(read.filter(({ important }) => important).map(nameOf)).toEqual(names)
    const others = read.filter(({ important }) => !important).map(nameOf)
    expect(others.at(-1)).toBe(String.fromCodePoint(65 + 59))
    expect(others).toEqual(others.toSorted())
    expect(read).toHaveLength(written - dropped / 2)
    expect(written).toBe(60)
  })

  test('drops the oldest failures where failures alone fill it, and takes nothing else', async () => {
    const { spool } = open(temporaryFolder(), 16 * 1024)
    for (let index = 0; index < 40; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      expect((await spool.append([group('F', true)])).written).toBe(1)
    }
    expect(spool.hasRoomFor(false)).toBe(false)
    expect(spool.hasRoomFor(true)).toBe(true)
  })

  test('hands what a dead sidecar left to the next one, its torn end excepted', async () => {
    const dir = temporaryFolder()
    const dead = open(dir)
    await dead.spool.append([group('a'), group('b'), group('F', true)])
    const [torn = ''] = filesUnder(dir).filter((path) => path.includes('ordinary'))
    truncateSync(join(dir, torn), statSync(join(dir, torn)).size - 1)
    bury(dir)
    const { spool, lines } = open(dir)
    expect(await spool.adopt()).toBe(4)
    expect((await readAll(spool)).map(nameOf)).toEqual(['F', 'a'])
    expect(spool.damagedRecords).toBe(1)
    expect(readdirSync(dir)).toHaveLength(1)
    expect(lines).toEqual([])
  })

  test('gives each file to one of two sidecars that find it at one moment', async () => {
    const dir = temporaryFolder()
    const dead = open(dir, 64 * 1024)
    for (let index = 0; index < 30; index += 1) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await dead.spool.append([group('a', index % 2 === 0)])
    }
    bury(dir)
    const [one, two] = [open(dir), open(dir)]
    const found = await Promise.all([one.spool.adopt(), two.spool.adopt()])
    expect(found[0] + found[1]).toBe(60)
  })

  test('leaves alone what a living sidecar is writing', async () => {
    const dir = temporaryFolder()
    const living = open(dir)
    await living.spool.append([group('a')])
    const { spool } = open(dir)
    expect(await spool.adopt()).toBe(0)
    await spool.append([group('b')])
    expect(await readAll(living.spool).then((read) => read.map(nameOf))).toEqual(['a'])
    expect(await readAll(spool).then((read) => read.map(nameOf))).toEqual(['b'])
  })

  test('believes that a sidecar of another place lives, for as long as it gives signs of it', async () => {
    const dir = temporaryFolder()
    const elsewhere = join(dir, '1-00000000')
    mkdirSync(elsewhere)
    const owner = { pid: 1, start: '1', place: 'another container' }
    writeFileSync(join(elsewhere, 'owner.json'), JSON.stringify(owner))
    const { spool } = open(dir)
    expect(await spool.adopt()).toBe(0)
    expect(readdirSync(dir)).toEqual(['1-00000000'])
    const { utimesSync } = await import('node:fs')
    utimesSync(join(elsewhere, 'owner.json'), 0, 0)
    await spool.adopt()
    expect(readdirSync(dir)).toEqual([])
  })

  test('says once that it cannot be used, and takes nothing for a while', async () => {
    const file = join(temporaryFolder(), 'a-file')
    writeFileSync(file, '')
    const { spool, lines } = open(join(file, 'spool'))
    expect(await spool.append([group('a')])).toEqual({ written: 0, droppedSpans: 0 })
    expect(await spool.append([group('a')])).toEqual({ written: 0, droppedSpans: 0 })
    expect(spool.hasRoomFor(true)).toBe(false)
    expect(lines.map(({ message }) => message)).toEqual([
      'the spool cannot be used; spans wait in memory',
    ])
  })

  test('counts as lost what can no longer be read', async () => {
    const dir = temporaryFolder()
    const { spool } = open(dir)
    await spool.append([group('a'), group('b')])
    const [path = ''] = filesUnder(dir)
    const bytes = readFileSync(join(dir, path))
    bytes[bytes.length - 1] = 0
    writeFileSync(join(dir, path), bytes)
    const read = await spool.read(false)
    expect(read?.groups.map(nameOf)).toEqual(['a'])
    expect(read?.lostSpans).toBe(2)
    expect(spool.damagedRecords).toBe(1)
  })
})
