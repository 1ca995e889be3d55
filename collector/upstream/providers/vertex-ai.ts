import type { DeploymentConfig } from '../../config/config.ts'
import type { Provider } from './provider.ts'
import { anthropicBeta } from './anthropic.ts'
import { bearer, clientHeaders, withPath } from './provider.ts'

/** Sent in the body, in place of the header; Google knows this one only. */
const VERSION = 'vertex-2023-10-16'

/**
 * Claude on Google's Vertex AI: Anthropic's Messages, with the model in the path, the version in
 * the body, and a Google token for a key.
 */
export const vertexAi: Provider = {
  name: 'vertex_ai',

  endpoint(target, _api, stream) {
    return withPath(target.apiBase, pathOf(target, stream ? 'streamRawPredict' : 'rawPredict'))
  },

  headers(input) {
    return { ...clientHeaders(input, anthropicBeta), ...bearer(input.apiKey) }
  },

  envelope: () => ({ anthropic_version: VERSION }),

  modelInPath: true,
}

function pathOf(target: DeploymentConfig, verb: string): string {
  const { pathname } = new URL(target.apiBase)
  // As in LiteLLM, an `api_base` that names the model already is followed by the verb alone.
  if (pathname.includes('/models/')) return `:${verb}`
  const { project = '', location = '' } = target.vertex ?? {}
  const version = /\/v1(?:beta1)?$/.test(pathname) ? '' : '/v1'
  // `@` separates a model from its date and may stand in a path as it is.
  const model = encodeURIComponent(target.model).replaceAll('%40', '@')
  const place = `/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`
  return `${version}${place}/publishers/anthropic/models/${model}:${verb}`
}
