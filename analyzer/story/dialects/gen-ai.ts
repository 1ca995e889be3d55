import type { Dialect } from './dialect.ts'
import { inferenceCannotShow } from './inference/cannot-show.ts'
import { isGenAi, isOpenInference } from './inference-span.ts'
import { inferenceStories } from './inference/stories.ts'
import { GEN_AI_TELLS } from './inference/tells.ts'

/**
 * OpenTelemetry's GenAI convention, three generations of it, as applications, their libraries and
 * other gateways write it: https://github.com/open-telemetry/semantic-conventions-genai.
 */
export const genAi: Dialect = {
  name: 'gen-ai',
  recognises: isGenAi,
  readsToo: isOpenInference,
  toStories: (input) => inferenceStories(input, 'gen-ai'),
  tells: GEN_AI_TELLS,
  cannotShow: inferenceCannotShow,
}
