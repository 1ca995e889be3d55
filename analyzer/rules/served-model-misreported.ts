import type { Attempt, Story } from '../story/story.ts'
import { describeTarget } from './describe.ts'
import type { Rule } from './rule.ts'
import { SIDECAR_BEHIND_LITELLM } from './sidecar-behind-litellm.ts'
import { verifyStep } from './verify-step.ts'

/** LiteLLM #31722: chunks carry the requested model although a fallback wrote them. */
export const servedModelMisreported: Rule = {
  id: 'served-model-misreported',
  severity: 'info',
  title: 'Response names another model than the one that served',
  description:
    'The `model` that the client read is neither the model that began its answer nor the route it belongs to: whoever counts costs or compares answers by it is wrong.',
  opensWhenRescued: false,
  needs: ['client-model', 'delivered'],
  remedy: {
    stopItNow: {
      text: 'Count costs and quality of {route} by the attempts’ spans, not by the `model` of its responses.',
    },
    fixIt: {
      text: 'LiteLLM up to 1.90 gives every chunk the name that was asked for, whoever wrote it; from 1.95 on the name changes in mid-stream after a rescue. A header names the deployment only where the fallback was asked before the response headers. The sidecar names the model that began the answer, and the one that went on in its seam comment: if its own spans fire this, that is a defect of ours; please report it.',
      snippet: SIDECAR_BEHIND_LITELLM,
    },
    verify: verifyStep('served-model-misreported'),
  },
  releases: [
    {
      gateway: 'litellm',
      to: '1.90',
      text: 'The response’s `model` stays the requested name, whoever served.',
    },
    {
      gateway: 'litellm',
      from: '1.95',
      text: 'After a rescue the `model` changes in mid-stream to the fallback’s; `x-litellm-model-id` still names the primary where the rescue came after the headers.',
    },
  ],
  evaluate(story) {
    const told = story.client.model
    // After a seam the envelope keeps the first one's name, which began the answer.
    const served = firstToDeliver(story)
    if (told === undefined || served === undefined || story.outcome === 'unknown') return undefined
    const names = [served.responseModel, served.model, served.route].filter(isName)
    if (names.length === 0 || names.some((name) => isOneModel(told, name))) return undefined
    // A name that is nobody’s may be an alias, unless the upstream has given its own.
    if (served.responseModel === undefined && !isOfAnother(told, story, served)) return undefined
    return {
      // What the upstream itself says is sure; the model that it was asked for may be an alias.
      confidence: served.responseModel === undefined ? 'likely' : story.sureness,
      summary: `The client was told ${told}, and ${describeTarget(served)} served it with ${served.responseModel ?? served.model ?? 'another model'}.`,
      evidence: [
        { spanId: story.requestSpanId, key: 'model that the client was told', value: told },
        {
          spanId: served.spanId ?? story.requestSpanId,
          key: 'model that served',
          value: names[0] ?? '',
        },
      ],
      cause: served === story.attempts[0] ? 'first target served' : 'another target served',
    }
  },
}

/** Undefined where an attempt before it may have delivered something, too. */
function firstToDeliver({ attempts }: Story): Attempt | undefined {
  const first = attempts.find((attempt) => !deliveredNothing(attempt))
  return first !== undefined && (first.status === 'ok' || hasDelivered(first)) ? first : undefined
}

function deliveredNothing({ delivered, phase, status }: Attempt): boolean {
  if (status === 'failed' && (phase === 'before_headers' || phase === 'before_content')) return true
  return delivered?.chunks === 0 && (delivered.chars ?? 0) === 0
}

function hasDelivered({ delivered, phase }: Attempt): boolean {
  const { chunks = 0, chars = 0, toolCalls = 0 } = delivered ?? {}
  return chunks > 0 || chars > 0 || toolCalls > 0 || phase === 'mid_stream'
}

function isOfAnother(told: string, { attempts, route }: Story, served: Attempt): boolean {
  const others = attempts.filter((attempt) => attempt !== served)
  return [route, ...others.flatMap((other) => [other.route, other.model])].includes(told)
}

function isName(name: string | undefined): name is string {
  return name !== undefined && name !== ''
}

/** With or without its provider, and with or without the version that the provider adds. */
function isOneModel(told: string, name: string): boolean {
  return (
    told === name ||
    told.endsWith(`/${name}`) ||
    name.endsWith(`/${told}`) ||
    told.startsWith(`${name}-`) ||
    name.startsWith(`${told}-`)
  )
}
