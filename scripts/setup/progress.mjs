// What people see while set-up runs, on stderr: stdout belongs to the command that comes after.
import { spawn } from 'node:child_process'

const startedMs = Date.now()
/** Often enough to be seen alive, seldom enough for a log. */
const STILL_INTERVAL_MS = 10_000
const OUTPUT_KEPT_BYTES = 64 * 1024
/** The reason stands at the start of what npm says, and at the end of what a compiler says. */
const OUTPUT_SHOWN_LINES = 20

export function say(text) {
  process.stderr.write(`[setup ${elapsed(startedMs)}] ${text}\n`)
}

/** Says what is wrong and what to do, and ends set-up. */
export function fail(problem, remedies = []) {
  process.stderr.write(`\nsetup: ${problem}\n${remedies.map((line) => `  ${line}\n`).join('')}\n`)
  process.exit(1)
}

export async function step(what, work) {
  const beganMs = Date.now()
  say(`${what} …`)
  const still = setInterval(() => say(`still ${what} (${elapsed(beganMs)})`), STILL_INTERVAL_MS)
  try {
    return await work()
  } finally {
    clearInterval(still)
  }
}

/** Runs a program silently; where it fails, shows what it said and ends set-up. */
export async function run(command, args, { env = {}, hint } = {}) {
  const { code, output } = await attempt(command, args, env)
  if (code === 0) return
  const lines = output.trimEnd().split('\n')
  const shown =
    lines.length <= 2 * OUTPUT_SHOWN_LINES
      ? lines
      : [...lines.slice(0, OUTPUT_SHOWN_LINES), '…', ...lines.slice(-OUTPUT_SHOWN_LINES)]
  process.stderr.write(`${shown.join('\n')}\n`)
  const result = code === undefined ? 'could not be started' : `failed (exit code ${code})`
  fail(`${[command, ...args].join(' ')} ${result}.`, hint ? [hint] : [])
}

export function attempt(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // npm is a script on Windows.
      shell: process.platform === 'win32',
    })
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_KEPT_BYTES)
    }
    child.stdout.setEncoding('utf8').on('data', keep)
    child.stderr.setEncoding('utf8').on('data', keep)
    child.on('error', (error) => resolve({ code: undefined, output: `${output}${error.message}` }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

function elapsed(sinceMs) {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`
}
