import type { StreamEvent } from '../protocol/event.ts'
import { isObject, parseJson } from '../protocol/json.ts'
import type { Api } from '../vocabulary.ts'

type TerminalEvent = Extract<StreamEvent, { readonly kind: 'terminal' }>

/** Of all calls of one answer. More than this is not a call's arguments but somebody's document. */
const ARGUMENT_CHARS_MAX = 1024 * 1024

/**
 * What the tool calls of one attempt are given. Anthropic's SDKs read arguments that are cut as an
 * empty input, without an error: a call that nobody made. So they are looked at before the end.
 */
export class ToolArguments {
  readonly #byCall = new Map<number, string>()
  #chars = 0

  add(event: StreamEvent): void {
    if (event.kind !== 'tool-arguments' || this.#chars > ARGUMENT_CHARS_MAX) return
    this.#chars += event.json.length
    this.#byCall.set(event.index, (this.#byCall.get(event.index) ?? '') + event.json)
  }

  /** Why the answer that `terminal` calls whole cannot be told to such a client. */
  problemOf(clientApi: Api, terminal: TerminalEvent | undefined): string | undefined {
    // Chat says arguments as text, whatever they are.
    if (clientApi !== 'messages') return undefined
    if (terminal?.stop !== 'end' && terminal?.stop !== 'tool-calls') return undefined
    return this.#areBroken() ? 'a tool call whose arguments are no JSON object' : undefined
  }

  /** Beyond the limit nothing is known of them. */
  #areBroken(): boolean {
    if (this.#chars > ARGUMENT_CHARS_MAX) return false
    return [...this.#byCall.values()].some((json) => {
      const parsed = parseJson(json)
      return parsed.kind === 'invalid' || !isObject(parsed.value)
    })
  }
}
