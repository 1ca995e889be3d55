import { WINDOW_OPTIONS, type WindowOptions } from './window/window-options.ts'

/** Limits that a rule compares with: what is slow or too much differs from site to site. */
export interface RuleOptions {
  /** First content later than this is slow. */
  readonly slowFirstContentMs: number
  /** Silence in mid-stream longer than this is a stall, also where the stream went on. */
  readonly stallMs: number
  /** Upstream calls of one request; its router config may allow it more. */
  readonly attemptsMax: number
  /** Of the rules over many requests. */
  readonly windows: WindowOptions
}

/** The sidecar's own defaults for first content (half of it), idle content and attempts. */
export const RULE_OPTIONS: RuleOptions = {
  slowFirstContentMs: 30_000,
  stallMs: 60_000,
  attemptsMax: 5,
  windows: WINDOW_OPTIONS,
}
