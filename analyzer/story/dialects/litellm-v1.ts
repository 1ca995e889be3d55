import type { Dialect } from './dialect.ts'
import { litellmCannotShow } from './litellm/cannot-show.ts'
import { isBorrowed, isToldByCaller, isV1 } from './litellm/span-kinds.ts'
import { litellmStories } from './litellm/stories.ts'
import { LITELLM_V1_TELLS } from './litellm/tells.ts'

/**
 * LiteLLM's `callbacks: [otel]`: scope `litellm` without a version, or an application's own span.
 */
export const litellmV1: Dialect = {
  name: 'litellm-v1',
  recognises: (span) => isV1(span) || isBorrowed(span) || isToldByCaller(span),
  toStories: (input) => litellmStories(input, 'litellm-v1'),
  tells: LITELLM_V1_TELLS,
  cannotShow: litellmCannotShow,
}
