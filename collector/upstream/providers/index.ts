import { anthropic } from './anthropic.ts'
import { openai } from './openai.ts'
import type { Provider } from './provider.ts'

/** Providers with a voice of their own. */
const PROVIDERS: readonly Provider[] = [anthropic, openai]

const byName = new Map(PROVIDERS.map((provider) => [provider.name, provider]))

/** The provider behind a deployment; others (`groq/`, `hosted_vllm/` …) are called as OpenAI. */
export function findProvider(name: string): Provider {
  return byName.get(name) ?? openai
}
