import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** What set-up refuses to do, and how it says so. That it works is what every run of it shows. */

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

let checkout: string
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'secondwind-setup-test-'))
  cpSync(join(REPOSITORY, 'scripts'), join(checkout, 'scripts'), { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) {
    cpSync(join(REPOSITORY, file), join(checkout, file))
  }
})
afterEach(() => rmSync(checkout, { recursive: true, force: true }))

function setUp(environment: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, ['scripts/setup.mjs'], {
    cwd: checkout,
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: join(checkout, 'cache'), ...environment },
  })
}

test('names every tool that is missing, and what to install, before it installs anything', () => {
  const { status, stdout, stderr } = setUp({ PATH: join(checkout, 'nothing-here') })
  expect(status).toBe(1)
  expect(stdout).toBe('')
  expect(stderr).toContain('not found: python3, make, a C++ compiler (g++ or clang++)')
  expect(stderr).toContain('apt-get install python3 make g++')
  expect(existsSync(join(checkout, 'node_modules'))).toBe(false)
})

test('does not change packages that are linked from another checkout', () => {
  const others = join(checkout, 'others')
  mkdirSync(others)
  symlinkSync(others, join(checkout, 'node_modules'))
  const { status, stderr } = setUp()
  expect(status).toBe(1)
  expect(stderr).toContain('node_modules is a link')
  expect(stderr).toContain('Nothing was changed')
  expect(readdirSync(others)).toEqual([])
})

test('takes over the lock of a set-up that was killed, and releases its own', () => {
  const cache = join(checkout, 'cache', 'secondwind')
  mkdirSync(cache, { recursive: true })
  const name = createHash('sha256').update(realpathSync(checkout)).digest('hex').slice(0, 16)
  // No process has this number: the largest on Linux is 2 ** 22.
  writeFileSync(join(cache, `setup-${name}.lock`), '999999999')
  const { status, stderr } = setUp({ PATH: join(checkout, 'nothing-here') })
  expect(status).toBe(1)
  expect(stderr).not.toContain('another set-up of this folder is running')
  expect(readdirSync(cache)).toEqual([])
})
