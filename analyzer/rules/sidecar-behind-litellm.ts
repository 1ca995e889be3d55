import type { Snippet } from './rule.ts'

/** What several classes are mended by: the sidecar finishes the stream before LiteLLM sees it. */
export const SIDECAR_BEHIND_LITELLM: Snippet = {
  language: 'yaml',
  code: [
    'model_list:',
    '  - model_name: {route}',
    '    litellm_params:',
    '      model: openai/<the route of the sidecar>',
    '      api_base: http://127.0.0.1:4100/v1',
    '      api_key: os.environ/SIDECAR_KEY',
  ].join('\n'),
}
