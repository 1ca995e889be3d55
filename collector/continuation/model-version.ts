export type Version = readonly [major: number, minor: number]

/**
 * `claude-3-5-sonnet-20241022`, `us.anthropic.claude-opus-4-6-v1:0`, `claude-sonnet-4.5@20250929`,
 * `claude-opus-4-20250514`, `claude-v2:1`: every host spells them in its own way, and a date, a
 * revision or a context size behind them is no version.
 */
export function claudeVersion(model: string): Version | undefined {
  const match = /claude-(?:[a-z]+-)?v?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?/.exec(model)
  return match === null ? undefined : [Number(match[1]), Number(match[2] ?? 0)]
}

/** Families that began behind Claude 4.6 and count from 1 again. */
export function isNewClaudeFamily(model: string): boolean {
  return /claude-(?:mythos|fable)/.test(model)
}

export function isUpTo(version: Version, last: Version): boolean {
  return version[0] < last[0] || (version[0] === last[0] && version[1] <= last[1])
}
