import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**', 'test/interop/**', 'test/litellm/**', 'test/long/**'],
    globalSetup: ['./test/support/build-dist.ts'],
    reporters: ['default', './test/support/plain-line-reporter.ts'],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
