import { anthropic } from './anthropic.ts'
import { azure } from './azure.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import type { Provider } from './provider.ts'
import { vertexAi } from './vertex-ai.ts'

/** Providers with a voice of their own; others (`groq`, `hosted_vllm` …) are called as OpenAI. */
const PROVIDERS: ReadonlyMap<string, Provider> = new Map([
  ['anthropic', anthropic],
  ['azure', azure],
  ['ollama', ollama],
  ['ollama_chat', ollama],
  ['openai', openai],
  ['vertex_ai', vertexAi],
])

export function findProvider(name: string): Provider {
  return PROVIDERS.get(name) ?? openai
}
