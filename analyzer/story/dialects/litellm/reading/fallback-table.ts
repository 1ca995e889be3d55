import { PythonReader } from './python-reader.ts'

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
  return table < 0 ? undefined : readTable(new PythonReader(text, table + TABLE.length))
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

/** A list of dictionaries, as far as it goes. */
function readTable(reader: PythonReader): FallbackTable | undefined {
  const routes = new Map<string, readonly string[]>()
  if (!reader.takes('[')) return undefined
  if (reader.takes(']')) return { routes, whole: true }
  while (routes.size < ROUTES_MAX && reader.takes('{')) {
    const route = reader.string()
    const targets = route !== undefined && reader.takes(':') ? reader.strings() : undefined
    if (route === undefined || targets === undefined || !reader.takes('}')) break
    // LiteLLM takes the first of two entries for one route.
    if (!routes.has(route)) routes.set(route, targets)
    if (reader.takes(']')) return { routes, whole: true }
    if (!reader.takes(',')) break
  }
  return { routes, whole: false }
}
