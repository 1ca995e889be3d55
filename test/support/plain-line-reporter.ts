import type { Reporter, TestModule } from 'vitest/node'

/** Ends the run with the plain line `N passed, N failed`, which scripts read in any language. */
export default class PlainLineReporter implements Reporter {
  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0 }
    for (const module of testModules) {
      // A module that could not be loaded has no tests of its own to fail.
      if (module.errors().length > 0) count.failed += 1
      // Nor do those of a suite whose set-up failed: they are skipped, and that is a failure.
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) count.failed += 1
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed') count.passed += 1
        else if (state === 'failed') count.failed += 1
        else count.skipped += 1
      }
    }
    count.failed += unhandledErrors.length
    const skipped = count.skipped > 0 ? `, ${count.skipped} skipped` : ''
    process.once('exit', () => {
      process.stdout.write(`${count.passed} passed, ${count.failed} failed${skipped}\n`)
    })
  }
}
