import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runAnalyzer } from '../../support/running-analyzer.ts'

const isLinux = process.platform === 'linux'

test.runIf(isLinux)("the threads of an analyzer are told apart in the system's books", async () => {
  await runAnalyzer()
  const names = readdirSync('/proc/self/task').map((thread) =>
    readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim(),
  )
  expect(names).toContain('ingest')
  expect(names).toContain('judge')
})
