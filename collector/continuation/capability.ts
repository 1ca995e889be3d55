import type { DeploymentConfig } from '../config/config.ts'
import type { PrefillFlags } from '../protocol/protocol.ts'
import type { Capability, CapabilitySource } from '../vocabulary.ts'
import type { LearnedRefusals } from './learned-refusals.ts'
import { modelName } from './model-name.ts'
import { claudeVersion, isNewClaudeFamily, isUpTo } from './model-version.ts'
import type { Version } from './model-version.ts'

/**
 * Who goes on from a trailing assistant message. Read off the model's *name*, as its other traits:
 * providers publish no other sign, and asking them costs a 400 in the middle of a rescue.
 * `model_info.supports_assistant_prefill` overrides everything here.
 */

export interface PrefillCapability {
  readonly prefill: Capability
  readonly source: CapabilitySource
  /** What this provider wants beside the trailing message. */
  readonly flags?: PrefillFlags
}

export type CapabilityTarget = Pick<
  DeploymentConfig,
  'id' | 'provider' | 'model' | 'baseModel' | 'apiBase' | 'supportsAssistantPrefill'
>

export interface LearnedAt {
  readonly refusals: LearnedRefusals
  readonly nowMs: number
}

/**
 * What is known of a target's prefill: configuration first, then what it refused, then the table.
 */
export function capabilityOf(target: CapabilityTarget, learned?: LearnedAt): PrefillCapability {
  const { prefill, withFlags } = knownOf(target)
  const configured = target.supportsAssistantPrefill
  if (configured !== undefined) {
    return { prefill: configured ? 'yes' : 'no', source: 'config', ...withFlags }
  }
  if (learned?.refusals.refuses(target.id, learned.nowMs) === true) {
    return { prefill: 'no', source: 'learned', ...withFlags }
  }
  return { prefill, source: 'table', ...withFlags }
}

interface Known {
  readonly prefill: Capability
  readonly withFlags: Pick<PrefillCapability, 'flags'>
}

const knownTargets = new WeakMap<CapabilityTarget, Known>()

/** What names and addresses say; worked out once, for every request asks and they never change. */
function knownOf(target: CapabilityTarget): Known {
  const known = knownTargets.get(target)
  if (known !== undefined) return known
  const flags = prefillFlagsOf(target)
  const found: Known = {
    prefill: tableEntry(target),
    withFlags: flags === undefined ? {} : { flags },
  }
  knownTargets.set(target, found)
  return found
}

function tableEntry(target: CapabilityTarget): Capability {
  const model = modelName(target)
  if (model.includes('claude')) return claudePrefill(model)
  if (model.includes('gemini')) return geminiPrefill(model)
  // Servers of one's own go on with what they are told to; hosts of many models do not say.
  if (isMistral(target) || isVllm(target) || isLlamaCpp(target)) return 'yes'
  // DeepSeek continues a prefix on its beta address only.
  if (isDeepSeek(target)) return /\/beta\/*$/.test(target.apiBase) ? 'yes' : 'no'
  // OpenAI answers 200 and writes a new message: worse than a refusal, for nothing tells.
  if (isOpenAiModel(model) || hostOf(target.apiBase) === 'api.openai.com') return 'no'
  return 'unknown'
}

/** Anthropic: "Claude 4.6 and later models and Claude Mythos Preview do not support prefilling". */
function claudePrefill(model: string): Capability {
  if (isNewClaudeFamily(model)) return 'no'
  const version = claudeVersion(model)
  if (version === undefined) return 'unknown'
  return isUpTo(version, [4, 5]) ? 'yes' : 'no'
}

/** From 3.5-flash-lite and 3.6-flash on: "Requests ending with a model turn are not supported." */
function geminiPrefill(model: string): Capability {
  const match = /gemini-(\d{1,2})(?!\d)(?:\.(\d{1,2}))?(-flash-lite)?/.exec(model)
  if (match === null) return 'unknown'
  const version: Version = [Number(match[1]), Number(match[2] ?? 0)]
  const isLite = match[3] !== undefined
  return isUpTo(version, isLite ? [3, 4] : [3, 5]) ? 'yes' : 'no'
}

function isOpenAiModel(model: string): boolean {
  const name = model.slice(model.lastIndexOf('/') + 1)
  return /^(?:gpt-(?!oss)|chatgpt-|o\d+(?:-|$))/.test(name)
}

function isMistral(target: CapabilityTarget): boolean {
  return target.provider === 'mistral' || hostOf(target.apiBase) === 'api.mistral.ai'
}

function isDeepSeek(target: CapabilityTarget): boolean {
  return target.provider === 'deepseek' || hostOf(target.apiBase) === 'api.deepseek.com'
}

/** llama.cpp's server goes on with a trailing assistant message unasked. */
function isLlamaCpp(target: CapabilityTarget): boolean {
  return target.provider === 'llamafile' || target.provider === 'llama_cpp'
}

/** vLLM and SGLang start a new message unless the body tells them to go on with the last one. */
function isVllm(target: CapabilityTarget): boolean {
  return target.provider === 'hosted_vllm' || target.provider === 'vllm'
}

function prefillFlagsOf(target: CapabilityTarget): PrefillFlags | undefined {
  if (isMistral(target) || isDeepSeek(target)) return { message: { prefix: true } }
  if (isVllm(target)) {
    return { body: { continue_final_message: true, add_generation_prompt: false } }
  }
  return undefined
}

function hostOf(apiBase: string): string | undefined {
  try {
    return new URL(apiBase).hostname
  } catch {
    // Not an address: the configuration's loader has said so, and no table entry fits.
    return undefined
  }
}
