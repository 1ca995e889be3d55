import type { Dialect } from './dialect.ts'
import { genAi } from './gen-ai.ts'
import { litellmV1 } from './litellm-v1.ts'
import { litellmV2 } from './litellm-v2.ts'
import { openinference } from './openinference.ts'
import { secondwind } from './secondwind.ts'

/** Registry of the senders that we understand. Recognition is exclusive, so the order is free. */
export const DIALECTS: readonly Dialect[] = [secondwind, litellmV1, litellmV2, genAi, openinference]
