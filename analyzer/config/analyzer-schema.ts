import { z } from 'zod'

import { RULE_OPTIONS, type RuleOptions } from '../rules/rule-options.ts'
import { WINDOW_OPTIONS } from '../rules/window/window-options.ts'
import { WINDOW_MINUTES } from '../rules/window/window-rule.ts'
import { SETTLE_MS } from '../story/settle.ts'

/**
 * The `analyzer:` section. Defaults live here and nowhere else; `docs/config.md` has a row for
 * each, held to this by a test.
 */

const sourceSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/u, 'must be 1 to 64 letters, digits, ".", "_" or "-"'),
  match: z.record(z.string(), z.string()).default({}),
  router_config: z.string().min(1).optional(),
  token_file: z.string().min(1).optional(),
})
export type SourceSection = z.output<typeof sourceSchema>

export const analyzerSchema = z.strictObject({
  sources: z
    .array(sourceSchema)
    .max(1000)
    .default([])
    .describe('Who sends: `name`, `match` (resource attributes), `token_file`, `router_config`.'),
  settle_ms: z
    .number()
    .int()
    .min(1)
    .max(3_600_000)
    .default(SETTLE_MS)
    .describe('How long no span of a LiteLLM request may come before it is judged.'),
  rules: z
    .strictObject({
      slow_first_content_ms: z
        .number()
        .int()
        .min(1)
        // Longer than the longest stream, no limit would ever speak.
        .max(1_800_000)
        .default(RULE_OPTIONS.slowFirstContentMs)
        .describe('First content later than this is slow (`slow-first-chunk`).'),
      stall_ms: z
        .number()
        .int()
        .min(1)
        .max(1_800_000)
        .default(RULE_OPTIONS.stallMs)
        .describe('Silence within an answer longer than this is a stall (`stream-stalled`).'),
      attempts_max: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(RULE_OPTIONS.attemptsMax)
        .describe('More upstream calls for one request are a storm (`retry-storm`).'),
      cooldown_ms: z
        .number()
        .int()
        .min(1)
        // More than a minute cannot be told within one, which is what is looked at.
        .max(60_000)
        .default(WINDOW_OPTIONS.cooldownMs)
        .describe('How long a router is to leave a failing deployment alone (`cooldown-missed`).'),
      cooldown_after_failures: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(WINDOW_OPTIONS.cooldownAfterFailures)
        .describe('Failures in a row after which it is to do so (`cooldown-missed`).'),
      sustained_minutes: z
        .number()
        .int()
        .min(1)
        .max(WINDOW_MINUTES - 1)
        .default(WINDOW_OPTIONS.sustainedMinutes)
        .describe('A primary dead for so many minutes is worth a word (`fallback-sustained`).'),
    })
    .prefault({}),
  keep_content: z.literal(false).optional().meta({
    default: false,
    description: 'Prompts and answers are never stored; no other value yet.',
  }),
  retention: z
    .strictObject({
      span_days: z
        .number()
        .min(0.01)
        .max(3650)
        // Longer than most teams need to notice, short enough for one disk.
        .default(14)
        .describe('Days that spans are kept.'),
      span_mib: z
        .number()
        .min(16)
        .max(1_048_576)
        .default(2048)
        .describe('MiB of spans that are kept.'),
      requests: z
        .number()
        .int()
        .min(10_000)
        .max(1_000_000_000)
        // Some 300 bytes each: 1.5 GiB, as many as 2 GiB of spans tell of and then as many again.
        .default(5_000_000)
        .describe(
          'Judged requests that are kept, for as long as spans are (`span_days`) and no more than these; some 300 bytes each. The oldest go by whole hours, never the last full one; charts and incidents keep their counts.',
        ),
      incident_days: z
        .number()
        .min(1)
        .max(3650)
        .default(180)
        .describe('Days that incidents are kept.'),
    })
    .prefault({}),
  ingest: z
    .strictObject({
      body_mib: z
        .number()
        .min(1)
        // Longer text cannot be made of a body by Node.
        .max(256)
        // What the OTLP specification recommends.
        .default(64)
        .describe('MiB of one export request, also after decompression; more is 413.'),
      queue_mib: z
        .number()
        .min(1)
        .max(65_536)
        // Two of the largest bodies, or thousands of usual ones: seconds of work.
        .default(128)
        .describe(
          'MiB of all export requests that wait to be stored; from 90 % of it on, those without failures are asked to come again, at 100 % all.',
        ),
    })
    .prefault({}),
})
export type AnalyzerSection = z.output<typeof analyzerSchema>

/** The limits of the rules, as they take them. */
export function toRuleOptions({ rules }: Pick<AnalyzerSection, 'rules'>): RuleOptions {
  return {
    slowFirstContentMs: rules.slow_first_content_ms,
    stallMs: rules.stall_ms,
    attemptsMax: rules.attempts_max,
    windows: {
      ...WINDOW_OPTIONS,
      cooldownMs: rules.cooldown_ms,
      cooldownAfterFailures: rules.cooldown_after_failures,
      sustainedMinutes: rules.sustained_minutes,
    },
  }
}
