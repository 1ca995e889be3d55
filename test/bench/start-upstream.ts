import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { OUTSIDE_CORE, onCore } from './cores.ts'
import { benchProgram } from './places.ts'
import type { WireTools } from './wire-tools.ts'

export interface Upstream {
  readonly port: number
  /** Median from a failure to the first byte of the request after it; starts counting anew. */
  takeGapUs(): Promise<number | undefined>
  stop(): Promise<void>
}

/** The mock provider, compiled or in Node, with the same answers. */
export async function startUpstream(tools: WireTools | undefined): Promise<Upstream> {
  const command =
    tools === undefined ? [process.execPath, benchProgram('node-upstream.js')] : [tools.upstream]
  const [program, ...args] = onCore(OUTSIDE_CORE, command)
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line]: unknown[] = await once(createInterface(child.stdout), 'line')
  const { port }: { readonly port: number } = JSON.parse(String(line))
  return {
    port,
    takeGapUs: () => (tools === undefined ? Promise.resolve(undefined) : takeGapUs(port)),
    async stop() {
      const closed = once(child, 'close')
      child.stdin.end()
      await closed
    },
  }
}

async function takeGapUs(port: number): Promise<number | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/gaps`)
  const text = await response.text()
  const gaps: { readonly count: number; readonly medianUs: number } = JSON.parse(text)
  return gaps.count > 0 ? gaps.medianUs : undefined
}
