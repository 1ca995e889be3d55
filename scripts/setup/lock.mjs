// Two set-ups of one checkout at once (a demo and a test run) would write the same files.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { cacheFolder } from './cache-folder.mjs'
import { say } from './progress.mjs'

const POLL_MS = 250

export async function withLock(root, work) {
  const name = createHash('sha256').update(root).digest('hex').slice(0, 16)
  const file = join(cacheFolder(), `setup-${name}.lock`)
  mkdirSync(cacheFolder(), { recursive: true })
  let told = false
  while (!take(file)) {
    // A lock whose owner is gone was removed by the look: it is taken at once.
    if (take(file)) break
    if (!told) say('another set-up of this folder is running; waiting for it')
    told = true
    await delay(POLL_MS)
  }
  // `fail` ends the process in the middle of the work.
  process.on('exit', () => rmSync(file, { force: true }))
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
  await work()
  rmSync(file, { force: true })
}

function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isAlive(ownerOf(file))) rmSync(file, { force: true })
    return false
  }
}

function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    // Released between the two looks: the next try takes it.
    return 0
  }
}

function isAlive(pid) {
  if (!(pid > 0)) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is alive too.
    return error.code === 'EPERM'
  }
}
