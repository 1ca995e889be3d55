import { readFile, stat } from 'node:fs/promises'

import { parseDocument } from 'yaml'

import { parseRouterConfig, type RouterConfig } from '../story/router-config.ts'

export type RouterConfigFile =
  | { readonly kind: 'read'; readonly config: RouterConfig }
  /** What the file is, what was expected; for the person who named it. */
  | { readonly kind: 'invalid'; readonly message: string }

/** The largest LiteLLM config seen holds a few hundred deployments, about 200 KiB. */
const FILE_BYTES_MAX = 8 * 1024 * 1024

/** More than any config has; a file of nothing but aliases unfolds to gigabytes. */
const ALIASES_MAX = 1000

/** A LiteLLM config has at least one of these; anything else is another file. */
const SECTIONS = [
  'model_list',
  'router_settings',
  'litellm_settings',
  'fallbacks',
  'default_fallbacks',
]

/**
 * Reads LiteLLM's `config.yaml`, or the same as JSON, for what it says about routes and fallbacks.
 */
export async function readRouterConfig(path: string): Promise<RouterConfigFile> {
  let text: string
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX) return invalid(path, `it has ${size} bytes, which no config has`)
    text = await readFile(path, 'utf8')
  } catch (error: unknown) {
    return invalid(path, describeFileError(error))
  }
  return parseRouterConfigText(text, path)
}

/** Pure half of `readRouterConfig`; `path` only names the file in messages. */
export function parseRouterConfigText(text: string, path: string): RouterConfigFile {
  // As LiteLLM's parser reads it: `<<` merges, and the last of two equal keys holds.
  const document = parseDocument(text, { merge: true, uniqueKeys: false, logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) return invalid(path, `it is not YAML: ${firstLine(error.message)}`)
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch (cause: unknown) {
    return invalid(path, `it is not YAML: ${cause instanceof Error ? cause.message : 'unreadable'}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(path, 'it holds no settings')
  }
  if (!SECTIONS.some((section) => Object.hasOwn(value, section))) {
    const nested = Object.hasOwn(value, 'config')
      ? '; what stands under its `config` may be it'
      : ''
    return invalid(path, `it has none of ${SECTIONS.slice(0, 3).join(', ')}${nested}`)
  }
  return { kind: 'read', config: parseRouterConfig(value) }
}

function invalid(path: string, what: string): RouterConfigFile {
  return {
    kind: 'invalid',
    message: `${path}: ${what}. Expected LiteLLM's config.yaml (YAML or JSON)`,
  }
}

/** The library's messages go on with a drawing of the place. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0]?.replace(/:$/u, '') ?? message
}

function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EISDIR':
      return 'it is a directory'
    case 'EACCES':
      return 'it may not be read (permission denied)'
    default:
      return `it cannot be read (${String(code ?? error)})`
  }
}
