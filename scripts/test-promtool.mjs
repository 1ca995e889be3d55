#!/usr/bin/env node
// `npm run test:promtool`: has Prometheus' own promtool check what both processes serve on /metrics
// and run examples/prometheus-rules.test.yaml. It is the one that is installed, else one built with
// Go into the cache folder; where neither is at hand, that is said.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './setup/cache-folder.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Of Go's module, which counts otherwise than the program: this is Prometheus 3.5. */
const RELEASE = 'v0.305.0'
const TESTS = [
  'test/contract/prometheus-rules.test.ts',
  'test/analyzer/metrics/metrics.test.ts',
  'test/collector/server/metrics.test.ts',
]

const say = (text) => process.stderr.write(`${text}\n`)
const promtool = bringPromtool()

if (promtool !== undefined) {
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', ...TESTS],
    { cwd: root, stdio: 'inherit', env: { ...process.env, SECONDWIND_PROMTOOL: promtool } },
  )
  process.exitCode = status ?? 1
}

function bringPromtool() {
  if (spawnSync('promtool', ['--version']).status === 0) return 'promtool'
  const folder = join(cacheFolder(), `promtool-${RELEASE}`)
  const binary = join(folder, 'promtool')
  if (existsSync(binary)) return binary
  if (spawnSync('go', ['version']).status !== 0) {
    say('skipped: promtool is not installed, and neither is Go to build it with (go.dev/dl)')
    return undefined
  }
  say(`building promtool ${RELEASE} with Go into ${folder}: some minutes, once`)
  build(folder)
  return binary
}

/** Within a module of its own: `go install` refuses one whose go.mod replaces another. */
function build(folder) {
  const work = `${folder}.${process.pid}`
  mkdirSync(work, { recursive: true })
  writeFileSync(join(work, 'go.mod'), 'module promtool\n\ngo 1.24\n')
  const path = 'github.com/prometheus/prometheus/cmd/promtool'
  try {
    go(work, ['get', `${path}@${RELEASE}`])
    go(work, ['build', '-trimpath', '-ldflags', '-s -w', '-o', 'promtool', path])
    // Put in place only when whole: half a build must not be taken for one the next time.
    rmSync(folder, { recursive: true, force: true })
    renameSync(work, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function go(folder, args) {
  const { status } = spawnSync('go', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) return
  say(`failed: go ${args.join(' ')}`)
  process.exit(1)
}
