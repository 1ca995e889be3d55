#!/usr/bin/env node
import { describeError } from './command-error.ts'
import { runCli } from './run-cli.ts'

/** The `secondwind` command: glue between the process and `run-cli.ts`. */

function crash(error: unknown): void {
  const { text } = describeError(error)
  process.stderr.write(text)
  // Nothing is repaired on the way out: a process that met a defect of its own cannot be trusted.
  process.exit(70)
}

process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)
// `secondwind classify … | head`: whoever read us has enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  crash(error)
})
// Nobody reads our log any more (a supervisor that was killed): what runs must still end well.
process.stderr.on('error', () => undefined)

const exitCode = await runCli(process.argv.slice(2), process)
// A pipe is written asynchronously, and `exit` would cut it off.
for (const stream of [process.stdout, process.stderr]) {
  await new Promise<void>((resolve) => {
    stream.write('', () => resolve())
  })
}
process.exit(exitCode)
