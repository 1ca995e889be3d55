import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Tests that start real processes run the compiled program, as users do. `tsc` takes about a
 * second, which is cheaper than finding out that a test ran yesterday's code.
 */
export function setup(): void {
  for (const project of ['tsconfig.build.json', 'test/bench']) compile(project)
}

function compile(project: string): void {
  const args = ['node_modules/typescript/bin/tsc', '-p', project]
  const tsc = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
  if (tsc.status === 0) return
  throw new Error(`${project} does not compile:\n${tsc.stdout}${tsc.stderr}`)
}
