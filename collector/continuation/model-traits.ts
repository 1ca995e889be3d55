import type { ModelTraits } from '../protocol/protocol.ts'
import { type NamedModel, modelName } from './model-name.ts'
import { claudeVersion, isNewClaudeFamily, isUpTo } from './model-version.ts'

/**
 * What a model takes of a request that is translated for it, by its name: providers publish no
 * other sign, and asking them costs a 400. Of a request that needs no translation nothing but the
 * word for the limit is touched.
 */
export function modelTraits(target: NamedModel): ModelTraits {
  const known = knownModels.get(target)
  if (known !== undefined) return known
  const traits = traitsOf(modelName(target))
  knownModels.set(target, traits)
  return traits
}

/** Worked out once, for every request asks and a deployment's name never changes. */
const knownModels = new WeakMap<NamedModel, ModelTraits>()

function traitsOf(model: string): ModelTraits {
  if (isNewClaudeFamily(model)) return NEWEST_CLAUDE
  const version = claudeVersion(model)
  if (version !== undefined) {
    return {
      acceptsSampling: isUpTo(version, [4, 6]),
      acceptsTopPWithTemperature: isUpTo(version, [4, 0]),
      acceptsEffort: !isUpTo(version, [4, 5]),
      acceptsStrictTools: !isUpTo(version, [4, 4]),
      maxTokensDefault: isUpTo(version, [3, 4]) ? 4096 : isUpTo(version, [3, 6]) ? 8192 : 32_000,
    }
  }
  const reasons = isOpenaiReasoningModel(model)
  return { acceptsSampling: !reasons, acceptsEffort: reasons || model.includes('gpt-oss') }
}

const NEWEST_CLAUDE: ModelTraits = {
  // From 4.7 on Claude rejects `temperature`, `top_p` and `top_k` whatever the API version.
  acceptsSampling: false,
  acceptsEffort: true,
  acceptsStrictTools: true,
  // What every Claude since 3.7 can write; an answer that reaches it says so.
  maxTokensDefault: 32_000,
}

/** They think, refuse `temperature` and `top_p`, and are the only ones that take an effort. */
function isOpenaiReasoningModel(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return /^(?:gpt-[5-9]|o\d+(?:-|$))/.test(name) && !name.includes('chat')
}
