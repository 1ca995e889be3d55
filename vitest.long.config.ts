import { defineConfig } from 'vitest/config'

/** What takes longer than anybody should wait for `npm test`: soaks, and many seeds. */
export default defineConfig({
  test: {
    include: ['test/long/**/*.test.ts'],
    globalSetup: ['./test/support/build-dist.ts'],
    reporters: ['default', './test/support/plain-line-reporter.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
})
