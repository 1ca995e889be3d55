// `npm run bench`: compiles the program and the benchmarks, then runs them one after another.
// `npm run bench:router -- --quick` runs one of them, with its options.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
/** Files of `test/bench` that are run by themselves; the others are their parts. */
const BENCHMARKS = ['router', 'ingest', 'query', 'verdicts']

const [wanted, ...options] = process.argv.slice(2)
run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'])
run(['node_modules/typescript/bin/tsc', '-p', 'test/bench'])
for (const name of wanted === undefined ? BENCHMARKS : [wanted]) {
  run([`dist/test/bench/${name}.js`, ...options])
}

function run(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
