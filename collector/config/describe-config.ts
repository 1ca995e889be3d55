import { stringify } from 'yaml'
import type { SidecarConfig } from './config.ts'
import { Secret } from './secret.ts'

/** The effective configuration as YAML: every default filled in, every secret redacted. */
export function describeConfig(config: SidecarConfig): string {
  const { ignoredKeys: _, ...effective } = config
  return stringify(toPlain(effective), { lineWidth: 0, aliasDuplicateObjects: false })
}

function toPlain(value: unknown, isHidden = false): unknown {
  if (value instanceof Secret) return value.toString()
  if (isHidden && typeof value === 'string') return new Secret(value).toString()
  if (value instanceof Map) {
    return new Map([...value].map(([key, entry]) => [key, toPlain(entry)]))
  }
  if (Array.isArray(value)) return value.map((entry) => toPlain(entry, isHidden))
  if (typeof value !== 'object' || value === null) return value
  // `extra_body` may hold anything, a gateway's key included.
  const entries = Object.entries(value).map(
    ([key, entry]) => [key, toPlain(entry, isHidden || key === 'extra')] as const,
  )
  return Object.fromEntries(entries)
}
