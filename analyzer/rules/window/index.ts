import { cooldownMissed } from './cooldown-missed.ts'
import { fallbackSustained } from './fallback-sustained.ts'
import type { WindowRule } from './window-rule.ts'

/** Registry of the incident classes that only many requests show, after those of single ones. */
export const WINDOW_RULES: readonly WindowRule[] = [cooldownMissed, fallbackSustained]
