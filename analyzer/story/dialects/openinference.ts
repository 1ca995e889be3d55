import type { Dialect } from './dialect.ts'
import { inferenceCannotShow } from './inference/cannot-show.ts'
import { isGenAi, isOpenInference } from './inference-span.ts'
import { inferenceStories } from './inference/stories.ts'
import { OPENINFERENCE_TELLS } from './inference/tells.ts'

/** Arize's convention: https://arize-ai.github.io/openinference/spec. */
export const openinference: Dialect = {
  name: 'openinference',
  recognises: isOpenInference,
  readsToo: isGenAi,
  toStories: (input) => inferenceStories(input, 'openinference'),
  tells: OPENINFERENCE_TELLS,
  cannotShow: inferenceCannotShow,
}
