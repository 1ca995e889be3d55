import { defineConfig } from 'vitest/config'

/** The fault matrix before clients in other languages and releases of Node. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    reporters: ['default', './test/support/plain-line-reporter.ts'],
    maxWorkers: 1,
  },
})
