import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import type { Provider } from './provider.ts'

/** Providers with a voice of their own. */
const PROVIDERS: readonly Provider[] = [anthropic, openai]

const byName = new Map(PROVIDERS.map((provider) => [provider.name, provider]))

/**
 * The provider behind a deployment. Any other name (`groq/`, `hosted_vllm/` …) is taken as an
 * OpenAI-compatible server at the deployment's `api_base`.
 */
export function findProvider(name: string): Provider {
  return byName.get(name) ?? openai
}
