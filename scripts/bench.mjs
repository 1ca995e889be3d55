// `npm run bench`: compiles the program and the benchmarks, then runs them one after another.
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Files of `test/bench` that are run by themselves; the others are their parts. */
const BENCHMARKS = ['router', 'analyzer']

run(['node_modules/typescript/bin/tsc', '-p', 'test/bench'])
const built = new Set(readdirSync(`${root}/dist/test/bench`))
for (const name of BENCHMARKS) {
  if (built.has(`${name}.js`)) run([`dist/test/bench/${name}.js`])
}

function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
