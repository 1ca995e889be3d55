import type { Dialect } from './dialect.ts'

/** LiteLLM's `callbacks: [otel]` with \`LITELLM_OTEL_V2=true\`: scope `litellm` with the release as its version. */
export const litellmV2: Dialect = {
  name: 'litellm-v2',
  recognises: (span) => span.scope.name === 'litellm' && span.scope.version !== '',
  toStories: () => [],
}
