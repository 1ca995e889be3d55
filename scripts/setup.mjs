// What `npm run demo` and `npm test` need on a fresh machine, and nothing when it is there already:
// packages, the compiled SQLite driver, the compiled program, the built page. Plain Node, no
// dependency. `--dev` also looks for what only tests need (a browser).
//
//   node scripts/setup.mjs [--dev]
import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBrowser } from './setup/browser.mjs'
import { isLinked, linkCommand } from './setup/command-link.mjs'
import { fingerprintOf, isStamped, stamp } from './setup/fingerprint.mjs'
import { withLock } from './setup/lock.mjs'
import { driverLoads, ensureDriver, requireCompiler } from './setup/native-driver.mjs'
import { fail, run, say, step } from './setup/progress.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const NODE_MIN = [20, 19]

/** What each part is made from: when one of these changes, it is built again. */
const PROGRAM = {
  name: 'the program',
  sources: ['collector', 'analyzer', 'cli', 'demo', 'tsconfig.json', 'tsconfig.build.json'],
  result: 'dist/cli/main.js',
  stampFile: 'dist/.program.stamp',
  command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
}
const PAGE = {
  name: 'the page',
  sources: ['dashboard', 'analyzer/api/wire.ts', 'tsconfig.json'],
  result: 'dist/dashboard/index.html',
  stampFile: 'dist/.page.stamp',
  command: ['node_modules/vite/bin/vite.js', 'build', 'dashboard', '--logLevel', 'warn'],
}

checkNode()
process.chdir(ROOT)
const dev = process.argv.includes('--dev')
if (!isReady()) await withLock(ROOT, prepare)
if (dev) await ensureBrowser()

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return
  fail(`Node ${NODE_MIN.join('.')} or newer is needed; this is ${process.versions.node}.`, [
    'Install a newer Node (https://nodejs.org, or your version manager) and run the command again.',
  ])
}

function isReady() {
  return (
    packagesAreInstalled() &&
    driverLoads(ROOT) &&
    isBuilt(PROGRAM) &&
    isBuilt(PAGE) &&
    isLinked(ROOT)
  )
}

/** Whoever waited for the lock finds most of it done: every part is looked at again. */
async function prepare() {
  if (!packagesAreInstalled()) {
    refuseLinkedModules()
    await installPackages()
  }
  if (!driverLoads(ROOT)) {
    refuseLinkedModules()
    await ensureDriver(ROOT)
  }
  for (const part of [PROGRAM, PAGE]) {
    if (!isBuilt(part)) await build(part)
  }
  if (!isLinked(ROOT)) linkCommand(ROOT)
  say('ready')
}

/** npm keeps what it installed in `node_modules/.package-lock.json`; optional packages may lack. */
function packagesAreInstalled() {
  const wanted = readPackages('package-lock.json')
  const installed = readPackages('node_modules/.package-lock.json')
  if (!installed) return false
  return Object.entries(wanted ?? {}).every(([path, entry]) => {
    if (path === '') return true
    const there = installed[path]
    return there ? there.version === entry.version : entry.optional === true
  })
}

function readPackages(file) {
  if (!existsSync(join(ROOT, file))) return undefined
  try {
    return JSON.parse(readFileSync(join(ROOT, file), 'utf8')).packages
  } catch {
    // A half-written file of an installation that was broken off: not installed.
    return undefined
  }
}

async function installPackages() {
  requireCompiler()
  await step('installing packages', () =>
    // Install scripts only fetch binaries: the driver is compiled by us, from its sources. Not
    // `npm ci`: it refuses the lock where one optional package of another platform cannot be had.
    run(
      'npm',
      ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      {
        hint: 'npm must reach its registry (`npm ping` tells); behind a proxy set HTTPS_PROXY.',
      },
    ),
  )
}

/** A link may lead into another checkout, which is not ours to change. */
function refuseLinkedModules() {
  const modules = join(ROOT, 'node_modules')
  if (!lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return
  fail('node_modules is a link, and what it leads to is not what package-lock.json asks for.', [
    'Nothing was changed. Remove the link, or run `npm install` where it leads to.',
  ])
}

function isBuilt(part) {
  if (!existsSync(join(ROOT, part.result))) return false
  return isStamped(join(ROOT, part.stampFile), fingerprintOf(ROOT, part.sources))
}

async function build(part) {
  // Taken before the build: a source that changes meanwhile makes the result stale, not fresh.
  const fingerprint = fingerprintOf(ROOT, part.sources)
  await step(`building ${part.name}`, () => run(process.execPath, part.command, {}))
  stamp(join(ROOT, part.stampFile), fingerprint)
}
