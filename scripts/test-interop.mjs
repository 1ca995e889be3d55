#!/usr/bin/env node
// `npm run test:interop`: has the fault matrix read by the official Python clients and by Vercel's
// `ai`, and the analyzer fed by Python's OTLP exporters. All are installed on demand into the
// cache folder; what is not at hand is skipped, and that is said.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from './setup/cache-folder.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const asked = join(root, 'test', 'interop')
/** `ai` 7 wants it. */
const NODE_MAJOR_MIN = 22

const say = (text) => process.stderr.write(`${text}\n`)
const python = bringPython()
const packages = bringPackages()
const node = packages === undefined ? undefined : nodeOf(packages)

if (python === undefined && node === undefined) {
  say('skipped: no client of another language is at hand')
} else {
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.interop.config.ts'],
    {
      cwd: root,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...(python !== undefined && { SECONDWIND_INTEROP_PYTHON: python }),
        ...(node !== undefined && {
          SECONDWIND_INTEROP_NODE: node,
          SECONDWIND_INTEROP_PACKAGES: packages,
        }),
      },
    },
  )
  process.exitCode = status ?? 1
}

/** A virtual environment with the packages of `requirements.txt`; its Python. */
function bringPython() {
  const wanted = join(asked, 'requirements.txt')
  const folder = join(cacheFolder(), 'interop-python')
  const command = join(folder, 'bin', 'python')
  return bring(folder, wanted, () => {
    if (run('python3', ['-c', 'import venv, ensurepip']).status !== 0) {
      return 'python3 with venv is not at hand'
    }
    const made = run('python3', ['-m', 'venv', folder])
    if (made.status !== 0) return made.stderr
    const installed = run(command, ['-m', 'pip', 'install', '-q', '-r', wanted])
    return installed.status === 0 ? undefined : installed.stderr
  })
    ? command
    : undefined
}

/** A folder with the packages of `package.json`, Node 24 among them. */
function bringPackages() {
  const wanted = join(asked, 'package.json')
  const folder = join(cacheFolder(), 'interop-packages')
  const isThere = bring(folder, wanted, () => {
    mkdirSync(folder, { recursive: true })
    copyFileSync(wanted, join(folder, 'package.json'))
    const installed = run('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder })
    return installed.status === 0 ? undefined : installed.stderr
  })
  return isThere ? folder : undefined
}

/** Installs once for each content of `wanted`; the mark is written last, behind a whole install. */
function bring(folder, wanted, install) {
  const mark = join(folder, 'installed.txt')
  const content = readFileSync(wanted, 'utf8')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === content) return true
  say(`installing what ${wanted} names into ${folder}`)
  rmSync(folder, { recursive: true, force: true })
  const problem = install()
  if (problem === undefined) {
    writeFileSync(mark, content)
    return true
  }
  say(`skipped: ${problem.slice(-2000)}`)
  return false
}

function nodeOf(folder) {
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR_MIN) return process.execPath
  const command = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (run(command, ['--version']).status === 0) return command
  say(`skipped: ai wants Node ${NODE_MAJOR_MIN}, and ${command} does not run`)
  return undefined
}

function run(command, args, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', ...options })
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' }
}
