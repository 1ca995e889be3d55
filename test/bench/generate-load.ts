import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { OUTSIDE_CORE, onCore } from './cores.ts'
import { generateNodeLoad } from './node-load.ts'
import type { WireTools } from './wire-tools.ts'

export interface LoadOptions {
  readonly port: number
  readonly connections: number
  readonly warmMs: number
  readonly measureMs: number
  /** `delays` also reads the time that the upstream wrote into each chunk. */
  readonly mode: 'count' | 'delays'
  readonly request: string
  /** When the warm-up is over, and again when the time is. */
  readonly onPhase: () => void
}

/** What the clients saw; times are medians, and absent where nothing of the kind was seen. */
export interface LoadResult {
  readonly seconds: number
  readonly responses: number
  /** Server-sent events. */
  readonly frames: number
  readonly failures: number
  readonly firstFailure?: string
  readonly latencyUs?: number
  readonly firstByteUs?: number
  readonly firstContentUs?: number
  readonly delayUs?: number
}

/** By the compiled generator, or by Node's where there is no compiler. */
export async function generateLoad(
  tools: WireTools | undefined,
  options: LoadOptions,
): Promise<LoadResult> {
  if (tools === undefined) return generateNodeLoad(options)
  const { port, connections, warmMs, measureMs, mode, request } = options
  const child = start(tools, [port, connections, warmMs, measureMs, mode, request])
  const lines: string[] = []
  createInterface(child.stdout).on('line', (line) => {
    options.onPhase()
    lines.push(line)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the load generator ended with ${String(code)}`)
  const result: LoadResult = JSON.parse(lines.at(-1) ?? '')
  if (result.failures > 0) throw new Error(`an answer was ${result.firstFailure ?? 'no success'}`)
  return result
}

/** Opens streams and keeps them; resolves when all have content, to what lets them go. */
export async function holdStreams(
  tools: WireTools,
  options: Pick<LoadOptions, 'port' | 'connections' | 'request'>,
): Promise<() => Promise<void>> {
  const child = start(tools, [options.port, options.connections, 0, 0, 'hold', options.request])
  const closed = once(child, 'close')
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), closed])
  if (child.exitCode !== null) throw new Error(`streams cannot be held: ${String(line)}`)
  return async () => {
    child.stdin.end()
    await closed
  }
}

function start(tools: WireTools, args: readonly (string | number)[]) {
  const [program, ...rest] = onCore(OUTSIDE_CORE, [tools.load, ...args.map(String)])
  return spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
}
