import type { SqliteDatabase } from '../../open-database.ts'

/** Of a source; as many as are counted for themselves anywhere. */
const ROUTES_MAX = 200

/** Of a route; a hostile sender's are not counted beyond. */
const TARGETS_MAX = 32

/** Names come from clients and spans; a longer one is cut, so a hostile one stays small. */
const NAME_CHARS_MAX = 200

export interface WindowRouteName {
  readonly id: number
  readonly source: string
  readonly route: string
}

interface Known extends WindowRouteName {
  readonly numbers: Map<string, number>
  readonly names: Map<number, string>
}

/** Numbers for routes and their targets, so that what a request adds to them is short. */
export class WindowNames {
  readonly #statements: ReturnType<typeof prepare>
  readonly #byName = new Map<string, Known>()
  readonly #byId = new Map<number, Known>()

  constructor(database: SqliteDatabase) {
    this.#statements = prepare(database)
  }

  /** Undefined beyond the limit. */
  route(source: string, name: string): WindowRouteName | undefined {
    const route = name.slice(0, NAME_CHARS_MAX)
    const known = this.#byName.get(keyOf(source, route))
    if (known !== undefined) return known
    const { routeId, routesOf, addRoute } = this.#statements
    const stored = routeId.get(source, route)
    if (stored === undefined && (routesOf.get(source) ?? 0) >= ROUTES_MAX) return undefined
    const id = stored ?? addRoute.get(source, route)
    return id === undefined ? undefined : this.#remember({ id, source, route })
  }

  routeWithId(id: number): WindowRouteName | undefined {
    const known = this.#byId.get(id)
    if (known !== undefined) return known
    const row = this.#statements.routeById.get(id)
    return row === undefined ? undefined : this.#remember({ id, ...row })
  }

  /** Undefined beyond the limit. */
  number({ id }: WindowRouteName, target: string): number | undefined {
    const known = this.#byId.get(id)
    if (known === undefined) return undefined
    const number = known.numbers.get(target)
    if (number !== undefined || known.numbers.size >= TARGETS_MAX) return number
    const added = this.#statements.addTarget.get(id, target)
    if (added !== undefined) this.#name(known, { id: added, name: target })
    return added
  }

  name({ id }: WindowRouteName, number: number): string | undefined {
    return this.#byId.get(id)?.names.get(number)
  }

  /** After a transaction that failed, or rows that were removed. */
  reload(): void {
    this.#byName.clear()
    this.#byId.clear()
  }

  #remember(route: WindowRouteName): Known {
    const known: Known = { ...route, numbers: new Map(), names: new Map() }
    for (const target of this.#statements.targets.all(route.id)) this.#name(known, target)
    this.#byName.set(keyOf(route.source, route.route), known)
    this.#byId.set(route.id, known)
    return known
  }

  #name({ numbers, names }: Known, { id, name }: { id: number; name: string }): void {
    numbers.set(name, id)
    names.set(id, name)
  }
}

/** Asked for each request: no two are one, for the first name's length comes first. */
function keyOf(source: string, route: string): string {
  return `${source.length} ${source}${route}`
}

function prepare(database: SqliteDatabase) {
  return {
    routeId: database
      .prepare<[string, string], number>(
        'SELECT id FROM window_routes WHERE source = ? AND route = ?',
      )
      .pluck(),
    routesOf: database
      .prepare<[string], number>('SELECT count(*) FROM window_routes WHERE source = ?')
      .pluck(),
    addRoute: database
      .prepare<[string, string], number>(
        'INSERT INTO window_routes (source, route) VALUES (?, ?) RETURNING id',
      )
      .pluck(),
    routeById: database.prepare<[number], { source: string; route: string }>(
      'SELECT source, route FROM window_routes WHERE id = ?',
    ),
    targets: database.prepare<[number], { id: number; name: string }>(
      'SELECT id, name FROM window_targets WHERE route_id = ?',
    ),
    addTarget: database
      .prepare<[number, string], number>(
        'INSERT INTO window_targets (route_id, name) VALUES (?, ?) RETURNING id',
      )
      .pluck(),
  }
}
