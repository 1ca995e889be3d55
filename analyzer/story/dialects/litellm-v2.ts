import type { Dialect } from './dialect.ts'
import { litellmCannotShow } from './litellm/cannot-show.ts'
import { isV2 } from './litellm/span-kinds.ts'
import { litellmStories } from './litellm/stories.ts'
import { LITELLM_V2_TELLS } from './litellm/tells.ts'

/** LiteLLM's `LITELLM_OTEL_V2=true`: scope `litellm` with the release as its version. */
export const litellmV2: Dialect = {
  name: 'litellm-v2',
  recognises: isV2,
  toStories: (input) => litellmStories(input, 'litellm-v2'),
  tells: LITELLM_V2_TELLS,
  cannotShow: litellmCannotShow,
}
