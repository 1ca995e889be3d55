/**
 * Up to 1.97 LiteLLM's router writes the operator's whole table of fallbacks into the error that it
 * hands out: `Fallbacks=[{'chat': ['spare', 'third']}, {'*': ['last']}]`. It is what the process
 * really had at that moment, keys, teams and databases included, so it is better than a file; 1.97
 * cuts it off.
 */
export interface FallbackTable {
  readonly routes: ReadonlyMap<string, readonly string[]>
  /** Not cut off: a route that is not there has none. */
  readonly whole: boolean
}

const MARK = 'No fallback model group found for original model_group='
const TABLE = '. Fallbacks='

/** More routes than that have no operator, but a sender of nonsense. */
const ROUTES_MAX = 1000

/** Of the first such words in the text; undefined where there are none. */
export function parseFallbackTable(text: string): FallbackTable | undefined {
  const mark = text.indexOf(MARK)
  const table = mark < 0 ? -1 : text.indexOf(TABLE, mark + MARK.length)
  return table < 0 ? undefined : new TableReader(text, table + TABLE.length).read()
}

/** Whom this route falls back to; undefined where the table was cut off before it said so. */
export function fallbacksIn(
  { routes, whole }: FallbackTable,
  route: string,
): readonly string[] | undefined {
  const own = routes.get(route)
  if (own !== undefined || !whole) return own
  return routes.get('*') ?? []
}

/** A list of dictionaries as Python prints it, as far as it goes. */
class TableReader {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  read(): FallbackTable | undefined {
    const routes = new Map<string, readonly string[]>()
    if (!this.#takes('[')) return undefined
    if (this.#takes(']')) return { routes, whole: true }
    while (routes.size < ROUTES_MAX && this.#takes('{')) {
      const route = this.#string()
      const targets = route !== undefined && this.#takes(':') ? this.#strings() : undefined
      if (route === undefined || targets === undefined || !this.#takes('}')) break
      // LiteLLM takes the first of two entries for one route.
      if (!routes.has(route)) routes.set(route, targets)
      if (this.#takes(']')) return { routes, whole: true }
      if (!this.#takes(',')) break
    }
    return { routes, whole: false }
  }

  #strings(): readonly string[] | undefined {
    if (!this.#takes('[')) return undefined
    const strings: string[] = []
    if (this.#takes(']')) return strings
    for (;;) {
      const string = this.#string()
      if (string === undefined) return undefined
      strings.push(string)
      if (this.#takes(']')) return strings
      if (!this.#takes(',')) return undefined
    }
  }

  /** In whichever quotes Python chose, with `\` before what would end it. */
  #string(): string | undefined {
    this.#skipSpace()
    const quote = this.#text[this.#at]
    if (quote !== "'" && quote !== '"') return undefined
    let string = ''
    for (let at = this.#at + 1; at < this.#text.length; at += 1) {
      const character = this.#text[at]
      if (character === quote) {
        this.#at = at + 1
        return string
      }
      if (character === '\\') at += 1
      string += this.#text[at] ?? ''
    }
    return undefined
  }

  #takes(character: string): boolean {
    this.#skipSpace()
    if (this.#text[this.#at] !== character) return false
    this.#at += 1
    return true
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ') this.#at += 1
  }
}
