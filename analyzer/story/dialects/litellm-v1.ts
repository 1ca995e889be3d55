import type { Dialect } from './dialect.ts'

/** LiteLLM's `callbacks: [otel]`: scope `litellm` without a version. */
export const litellmV1: Dialect = {
  name: 'litellm-v1',
  recognises: (span) => span.scope.name === 'litellm' && span.scope.version === '',
  toStories: () => [],
}
