// `better-sqlite3` is the one native part. It is compiled from its sources, once per version and
// Node ABI, and kept in a cache: prebuilt binaries cannot be downloaded everywhere, and nobody
// should pay a minute for a second `npm ci`.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cacheFolder } from './cache-folder.mjs'
import { fail, run, say, step } from './progress.mjs'

const COMPILER_TOOLS = [
  ['python3', ['python3', 'python']],
  ['make', ['make', 'gmake']],
  ['a C++ compiler (g++ or clang++)', ['c++', 'g++', 'clang++']],
]

const BINARY = 'node_modules/better-sqlite3/build/Release/better_sqlite3.node'

/** In a process of its own, because a wrong binary may crash whoever loads it. */
export function driverLoads(root) {
  if (!existsSync(join(root, BINARY))) return false
  const script = 'require("better-sqlite3")(":memory:").prepare("select 1").get()'
  return spawnSync(process.execPath, ['-e', script], { cwd: root }).status === 0
}

export async function ensureDriver(root) {
  const cached = join(cacheFolder(), cacheName(root))
  if (existsSync(cached)) {
    place(cached, join(root, BINARY))
    if (driverLoads(root)) {
      say('took the compiled SQLite driver from the cache')
      return
    }
    // Broken or of another libc: compiled anew and replaced.
    rmSync(cached, { force: true })
  }
  requireCompiler()
  await step('compiling the SQLite driver, about a minute', compile)
  if (!driverLoads(root)) {
    fail('The SQLite driver was compiled and does not load.', [
      'Remove node_modules and run the command again; if that does not help, please report it.',
    ])
  }
  place(join(root, BINARY), cached)
}

/** Asked before the minutes of an installation, not after them. */
export function requireCompiler() {
  const missing = COMPILER_TOOLS.filter(([, commands]) => !commands.some(answers))
  if (process.platform === 'win32' || missing.length === 0) return
  const names = missing.map(([name]) => name).join(', ')
  fail(`Needed to compile the SQLite driver, and not found: ${names}.`, [
    'Debian, Ubuntu: apt-get install python3 make g++',
    'Fedora: dnf install python3 make gcc-c++   Alpine: apk add python3 make g++',
    'macOS: xcode-select --install',
  ])
}

function answers(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0
}

async function compile() {
  const scratch = mkdtempSync(join(tmpdir(), 'secondwind-setup-'))
  try {
    const headers = localHeaders() ?? (await fetchHeaders(scratch))
    await run(
      'npm',
      ['rebuild', 'better-sqlite3', '--foreground-scripts', '--ignore-scripts=false'],
      {
        env: {
          // Without it node-gyp downloads the headers, and fails where it cannot.
          npm_config_nodedir: headers,
          npm_config_build_from_source: 'true',
        },
      },
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Beside the running Node (its own archive, NodeSource, version managers), if they are its own. */
function localHeaders() {
  const prefix = dirname(dirname(realpathSync(process.execPath)))
  const candidates = [process.env.npm_config_nodedir, prefix, '/usr', '/usr/local']
  return candidates.find((folder) => folder && headersFit(folder))
}

function headersFit(folder) {
  const include = join(folder, 'include', 'node')
  const header = join(include, 'node_version.h')
  if (!existsSync(join(include, 'node.h')) || !existsSync(header)) return false
  const text = readFileSync(header, 'utf8')
  const version = ['MAJOR', 'MINOR', 'PATCH'].map(
    (part) => new RegExp(`#define NODE_${part}_VERSION (\\d+)`).exec(text)?.[1],
  )
  return version.join('.') === process.versions.node
}

/** The npm package of Node itself brings its headers. */
async function fetchHeaders(scratch) {
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  say(`no headers of Node ${process.versions.node} beside it; taking them from the package ${name}`)
  await run(
    'npm',
    [
      'install',
      '--prefix',
      scratch,
      '--no-save',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `${name}@${process.versions.node}`,
    ],
    {
      hint: 'Where no package can be had, install the headers of your Node (nodejs-dev or the like).',
    },
  )
  return join(scratch, 'node_modules', name)
}

function cacheName(root) {
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/better-sqlite3/package.json'), 'utf8'),
  )
  const { platform, arch, versions } = process
  return `better-sqlite3-${version}-${platform}-${arch}-abi${versions.modules}.node`
}

/** Renamed into place, so that nobody ever loads half a file. */
function place(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  const half = `${to}.${process.pid}.tmp`
  copyFileSync(from, half)
  renameSync(half, to)
}
