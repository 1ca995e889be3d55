import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { benchSource, cacheFolder, versionOf } from './places.ts'

/** The load generator and the mock provider, compiled; in Node they would be what is measured. */
export interface WireTools {
  readonly load: string
  readonly upstream: string
}

const COMPILERS = ['cc', 'gcc', 'clang']

/** Compiles them once per version of their source; undefined where there is no compiler. */
export function compileWireTools(): WireTools | undefined {
  const compiler = COMPILERS.find((name) => spawnSync(name, ['--version']).status === 0)
  if (compiler === undefined || process.platform !== 'linux') return undefined
  return { load: compile(compiler, 'load'), upstream: compile(compiler, 'upstream') }
}

function compile(compiler: string, name: string): string {
  const source = benchSource(`wire/${name}.c`)
  const folder = cacheFolder('bench')
  const program = join(folder, `${name}-${versionOf(source)}`)
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  const made = `${program}.${process.pid}`
  const { status, stderr } = spawnSync(compiler, ['-O2', '-o', made, source])
  if (status !== 0) throw new Error(`${compiler} cannot compile ${source}: ${String(stderr)}`)
  renameSync(made, program)
  return program
}
