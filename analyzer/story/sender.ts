import type { Story } from './story.ts'

/** What wrote the spans of a request, as far as it decides what they can show. */
export interface Sender {
  readonly dialect: string
  readonly library?: string
  readonly release?: string
  /** Of LiteLLM 1.x. */
  readonly minor?: number
  readonly mode?: string
  readonly api: string
}

/** Names are what some sender chose; nobody reads longer ones. */
const NAME_CHARS_MAX = 100

export function senderOf({ dialect, api, gateway }: Story): Sender {
  const { library, release, minor, mode } = gateway
  return {
    dialect,
    api,
    ...(library === undefined ? {} : { library: cut(library) }),
    ...(release === undefined ? {} : { release: cut(release) }),
    ...(minor === undefined ? {} : { minor }),
    ...(mode === undefined ? {} : { mode: cut(mode) }),
  }
}

function cut(name: string): string {
  return name.slice(0, NAME_CHARS_MAX)
}
