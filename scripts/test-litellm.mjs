#!/usr/bin/env node
// `npm run test:litellm [-- RELEASE…]`: puts a real LiteLLM in front of the sidecar, and another in
// front of a provider that breaks, whose spans go into a running analyzer. Each release gets a
// virtual environment of its own in the cache folder; where Python is not at hand, it says so and
// passes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const RELEASE_DEFAULT = '1.97.0'
/** Pip names one requirement at a time that its index lacks; more than a few is another trouble. */
const LOOSENED_MAX = 6
/** LiteLLM's `otel` callback wants these; the wheel does not bring them. */
const TELEMETRY = ['opentelemetry-api', 'opentelemetry-sdk', 'opentelemetry-exporter-otlp']
/** Older releases import what newer ones took away; these are LiteLLM's own pins of that time. */
const TELEMETRY_BEFORE_1_100 = [
  ...TELEMETRY.map((name) => `${name}==1.28.0`),
  'opentelemetry-instrumentation-fastapi==0.49b0',
]
/** In the environment's folder: what was asked for. */
const TELEMETRY_MARK = 'telemetry.txt'
/** Older releases name no upper bound, and import from FastAPI what newer ones took away. */
const FASTAPI_BEFORE = [
  { before: [1, 84], pin: 'fastapi==0.124.4' },
  { before: [1, 100], pin: 'fastapi==0.136.3' },
]

const say = (text) => process.stderr.write(`${text}\n`)
const releases = process.argv.slice(2)

for (const release of releases.length > 0 ? releases : [RELEASE_DEFAULT]) {
  if (!/^\d+\.\d+\.\d+$/.test(release)) {
    say(`${release} is not a release of LiteLLM: expected three numbers, such as 1.97.0`)
    process.exit(64)
  }
  const command = bringLiteLlm(release)
  if (command === undefined) continue
  say(`LiteLLM ${release}`)
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.litellm.config.ts'],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, SECONDWIND_LITELLM: command, SECONDWIND_LITELLM_RELEASE: release },
    },
  )
  if (status !== 0) process.exit(status ?? 1)
}

/** The `litellm` command of that release, installed if it is not there yet. */
function bringLiteLlm(release) {
  const folder = join(cacheFolder(), `litellm-${release}`)
  const command = join(folder, 'bin', 'litellm')
  if (existsSync(command)) return bringTelemetry(folder, release) ? command : undefined
  if (run('python3', ['-c', 'import venv, ensurepip']).status !== 0) {
    say('skipped: python3 with venv is not at hand, and LiteLLM is a Python program')
    return undefined
  }
  say(`installing LiteLLM ${release} into ${folder} (about a minute, 700 MB)`)
  // Put in place only when whole: a half install must not be taken for one the next time. Paths
  // inside a virtual environment are absolute, so it is made where it stays, behind a mark.
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(cacheFolder(), { recursive: true })
  const made = run('python3', ['-m', 'venv', folder])
  const installed = made.status === 0 ? install(folder, release) : made
  if (installed.status === 0 && existsSync(command)) {
    writeFileSync(join(folder, TELEMETRY_MARK), telemetryFor(release).join('\n'))
    return command
  }
  renameSync(folder, `${folder}.failed`)
  rmSync(`${folder}.failed`, { recursive: true, force: true })
  say(`skipped: LiteLLM ${release} could not be installed\n${installed.stderr.slice(-2000)}`)
  return undefined
}

/** An environment that an older version of this script made may have other versions of these. */
function bringTelemetry(folder, release) {
  const wanted = telemetryFor(release)
  const mark = join(folder, TELEMETRY_MARK)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted.join('\n')) return true
  const { status, stderr } = run(join(folder, 'bin', 'pip'), ['install', '-q', ...wanted])
  if (status === 0) writeFileSync(mark, wanted.join('\n'))
  else say(`skipped: no telemetry for LiteLLM ${release}\n${stderr.slice(-2000)}`)
  return status === 0
}

function telemetryFor(release) {
  const [major, minor] = release.split('.').map(Number)
  return major === 1 && minor < 100 ? TELEMETRY_BEFORE_1_100 : TELEMETRY
}

/**
 * A mirror may lag some days behind what the newest release asks of its side packages: those are
 * taken in the newest version that there is, and it is said.
 */
function install(folder, release) {
  const pip = join(folder, 'bin', 'pip')
  const beside = [...telemetryFor(release), ...fastApiFor(release)]
  const first = run(pip, ['install', '-q', `litellm[proxy]==${release}`, ...beside])
  if (first.status === 0 || lacking(first.stderr) === undefined) return first
  const bare = run(pip, ['install', '-q', '--no-deps', `litellm==${release}`])
  if (bare.status !== 0) return bare
  let requirements = requirementsOf(folder)
  let result = first
  for (let count = 0; count < LOOSENED_MAX; count += 1) {
    const name = lacking(result.stderr)
    if (name !== undefined) {
      say(`this index has no ${name} as new as LiteLLM ${release} asks for: the newest is taken`)
      requirements = requirements.map((one) => (nameOf(one) === name ? name : one))
    }
    result = run(pip, ['install', '-q', ...requirements, ...beside])
    if (result.status === 0 || lacking(result.stderr) === undefined) return result
  }
  return result
}

function fastApiFor(release) {
  const [major, minor] = release.split('.').map(Number)
  const found = FASTAPI_BEFORE.find(
    ({ before }) => major < before[0] || (major === before[0] && minor < before[1]),
  )
  return found === undefined ? [] : [found.pin]
}

function requirementsOf(folder) {
  const program = [
    'import importlib.metadata as m',
    'from packaging.requirements import Requirement',
    'for line in m.requires("litellm") or []:',
    '  r = Requirement(line)',
    '  if r.marker is None or r.marker.evaluate({"extra": "proxy"}):',
    '    print(f"{r.name}[{\',\'.join(r.extras)}]{r.specifier}" if r.extras else f"{r.name}{r.specifier}")',
  ].join('\n')
  const python = join(folder, 'bin', 'python')
  run(join(folder, 'bin', 'pip'), ['install', '-q', 'packaging'])
  return run(python, ['-c', program])
    .stdout.split('\n')
    .filter((line) => line !== '')
}

/** The package of which pip found no version that fits. */
function lacking(stderr) {
  const match = /Could not find a version that satisfies the requirement ([A-Za-z0-9_.-]+)/.exec(
    stderr,
  )
  return match === null ? undefined : normal(match[1])
}

function nameOf(requirement) {
  return normal(/^[A-Za-z0-9_.-]+/.exec(requirement)?.[0] ?? '')
}

function normal(name) {
  return name.toLowerCase().replace(/[_.]/g, '-')
}

function cacheFolder() {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'secondwind')
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' }
}
