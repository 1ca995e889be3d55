import { defineConfig } from 'vitest/config'

/** Against a real LiteLLM, which `scripts/test-litellm.mjs` brings: minutes, and Python. */
export default defineConfig({
  test: {
    include: ['test/litellm/**/*.test.ts'],
    globalSetup: ['./test/support/build-dist.ts'],
    reporters: ['default', './test/support/plain-line-reporter.ts'],
    testTimeout: 60_000,
    hookTimeout: 180_000,
    maxWorkers: 1,
  },
})
