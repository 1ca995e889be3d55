import type { ConfigReader } from './config-reader.ts'
import { PROVIDERS } from './providers.ts'

/** A route of a provider that `model: "*"` stands for. */
export interface ProviderRoute {
  readonly route: string
  readonly model: string
}

/** Names that need no prefix, by maker. */
const BARE_NAMES: readonly (readonly [provider: string, pattern: string])[] = [
  ['openai', 'gpt-*'],
  ['openai', 'chatgpt-*'],
  ['openai', 'o1*'],
  ['openai', 'o3*'],
  ['openai', 'o4*'],
  ['anthropic', 'claude-*'],
]

/**
 * What LiteLLM's `model_name: "*"` with `model: "*"` serves: every provider whose usual key is in
 * the environment, by its prefix, and the makers whose models need none.
 */
export function routesOfAnyProvider(reader: ConfigReader): readonly ProviderRoute[] {
  const isSet = (name: string) => reader.environment(name) !== undefined
  const providers = [...PROVIDERS]
    .filter(([, facts]) => facts.keyVariables.some(isSet))
    .filter(([, facts]) => facts.apiBase !== undefined || facts.baseVariables.some(isSet))
    .map(([provider]) => provider)
  const prefixed = providers.map((provider) => `${provider}/*`)
  return [
    ...prefixed.map((name) => ({ route: name, model: name })),
    ...BARE_NAMES.filter(([provider]) => providers.includes(provider)).map(
      ([provider, pattern]) => ({ route: pattern, model: `${provider}/${pattern}` }),
    ),
  ]
}
