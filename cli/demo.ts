import { schedule, scheduleFor, type Planned } from '../demo/schedule.ts'
import { readRecordings, replay } from '../demo/replay.ts'
import { startTraffic, type Traffic } from '../demo/traffic.ts'
import { EXIT, type Command, type CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'
import { openBrowser } from './demo/open-browser.ts'
import { createScreen, whereToLook, type Screen } from './demo/screen.ts'
import { startStack, type Stack } from './demo/stack.ts'
import { currentSummary, settledSummary } from './demo/summary.ts'
import { parseFlags } from './parse-flags.ts'

const RATE_DEFAULT = 5
/** More would be a load test, and the numbers would say more about the machine than about us. */
const RATE_MAX = 200
const SEED_DEFAULT = 1
const HEADLESS_DURATION_S_DEFAULT = 20
const DURATION_S_MAX = 86_400
const PROGRESS_INTERVAL_MS = 500

export const demo: Command = {
  name: 'demo',
  summary: 'Break streams on purpose and show what becomes of them',
  help: `Examples:
  secondwind demo
  secondwind demo --rate 20 --no-open
  secondwind demo --headless --json --seed 7 --duration 20

Usage: secondwind demo [options]

Starts sidecar and analyzer, an LLM provider that breaks on purpose, traffic through real HTTP, and
replays requests that real LiteLLM processes exported while their streams were broken. Everything is
on loopback and in a temporary folder, which is removed at the end. Ctrl-C ends it.

Options:
  --seed N       the same seed sends the same requests; default ${SEED_DEFAULT}
  --rate R       requests per second; default ${RATE_DEFAULT}
  --duration S   seconds of traffic; default: until Ctrl-C, with --headless ${HEADLESS_DURATION_S_DEFAULT}
  --headless     send the traffic, wait until everything has settled, sum up, end
  --json         with --headless: the sum as one JSON document on stdout
  --no-open      do not open the page in a browser
`,
  run: async (args, io) => {
    const options = readOptions(args)
    const screen = createScreen(io.stderr)
    const interrupt = new AbortController()
    const onSignal = (): void => interrupt.abort()
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
    const stack = await startStack({
      onPortTaken: (what, port) => screen.say(`port ${port} is taken: ${what} gets a free one`),
    })
    try {
      return await runDemo({ options, stack, screen, io, interrupted: interrupt.signal })
    } finally {
      screen.say('stopping …')
      await stack.stop()
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    }
  },
}

interface DemoOptions {
  readonly seed: number
  readonly rate: number
  readonly durationS: number | undefined
  readonly headless: boolean
  readonly json: boolean
  readonly open: boolean
}

interface Running {
  readonly options: DemoOptions
  readonly stack: Stack
  readonly screen: Screen
  readonly io: CommandIo
  readonly interrupted: AbortSignal
}

async function runDemo(running: Running): Promise<number> {
  const { options, stack, screen, io, interrupted } = running
  const recordings = await readRecordings()
  for (const line of whereToLook(stack.pageUrl, recordings.length)) screen.say(line)
  if (options.open) openBrowser(`${stack.pageUrl}/incidents`)
  const traffic = startTraffic({
    sidecarUrl: stack.sidecarUrl,
    plan: planOf(options),
    signal: interrupted,
  })
  const recordedSpans = await replay(stack.otlpHttpUrl, BigInt(Date.now()) * 1_000_000n)
  await Promise.race([watch(traffic, running), stack.died])
  if (interrupted.aborted) return EXIT.ok
  if (!options.headless) {
    screen.say('the traffic has ended; the page stays until Ctrl-C')
    await Promise.race([aborted(interrupted), stack.died])
    return EXIT.ok
  }
  screen.say(`${traffic.counts.sent} requests sent; waiting until everything has settled`)
  const requests = traffic.counts.sent + recordings.length
  const summary = await Promise.race([
    settledSummary(stack, { requests, recordedSpans }),
    stack.died,
  ])
  if (!summary) {
    const now = await currentSummary(stack, recordedSpans)
    screen.say(`not everything has settled in time; as it stands: ${JSON.stringify(now)}`)
    return EXIT.timeout
  }
  if (options.json) io.stdout.write(`${JSON.stringify(summary)}\n`)
  else screen.say(JSON.stringify(summary, null, 2))
  return EXIT.ok
}

async function watch(traffic: Traffic, { screen, interrupted }: Running): Promise<void> {
  const startedMs = performance.now()
  const timer = setInterval(
    () => screen.progress(traffic.counts, performance.now() - startedMs),
    PROGRESS_INTERVAL_MS,
  )
  try {
    // What is on its way is let finish, but not where somebody waits for the prompt.
    await Promise.race([traffic.done, aborted(interrupted)])
  } finally {
    clearInterval(timer)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function planOf({ seed, rate, durationS }: DemoOptions): Iterable<Planned> {
  const options = { seed, ratePerSecond: rate }
  return durationS === undefined ? schedule(options) : scheduleFor(durationS, options)
}

function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseFlags(args, {
    seed: { type: 'string' },
    rate: { type: 'string' },
    duration: { type: 'string' },
    headless: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'no-open': { type: 'boolean', default: false },
  })
  if (values.json && !values.headless) {
    throw new CommandError('USAGE', {
      message: '--json is for --headless: a demo that goes on has no last word',
      hint: 'add --headless',
    })
  }
  const durationS = parseNumber('duration', values.duration, { min: 1, max: DURATION_S_MAX })
  return {
    seed: parseNumber('seed', values.seed, { min: 0, max: 2 ** 32 - 1 }) ?? SEED_DEFAULT,
    rate: parseNumber('rate', values.rate, { min: 0.1, max: RATE_MAX }) ?? RATE_DEFAULT,
    durationS: durationS ?? (values.headless ? HEADLESS_DURATION_S_DEFAULT : undefined),
    headless: values.headless,
    json: values.json,
    open: !values.headless && !values['no-open'] && process.stdout.isTTY && !process.env['CI'],
  }
}

function parseNumber(
  flag: string,
  text: string | undefined,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() !== '' && number >= range.min && number <= range.max) return number
  throw new CommandError('USAGE', {
    message: `--${flag}: expected a number from ${range.min} to ${range.max}, found "${text}"`,
    hint: '--help shows the options',
  })
}
