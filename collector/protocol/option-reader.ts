import { isArray, isObject, own, stringOf } from './json.ts'
import type { JsonObject, JsonValue } from './json.ts'

export interface InvalidOption {
  readonly kind: 'invalid'
  readonly message: string
  readonly param: string
}

/** The configuration's own bounds: more retries of one target, or a longer day, help nobody. */
const RETRIES_MAX = 20
const SECONDS_MAX = 86_400

/**
 * Reads what a request says to the router itself. A field that is absent or null (LiteLLM's Python
 * clients send what they were not given) is `undefined`; the first bad one is kept as `problem`.
 */
export class OptionReader {
  readonly #body: JsonObject
  #problem: InvalidOption | undefined

  constructor(body: JsonObject) {
    this.#body = body
  }

  get problem(): InvalidOption | undefined {
    return this.#problem
  }

  flag(param: string): boolean | undefined {
    const value = this.#given(param)
    if (value === undefined || typeof value === 'boolean') return value
    return this.#refuse(param, 'must be true or false')
  }

  count(param: string): number | undefined {
    const value = this.#given(param)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) {
      return Math.min(value, RETRIES_MAX)
    }
    return this.#refuse(param, 'must be a whole number, 0 or more')
  }

  /** In milliseconds. */
  seconds(param: string): number | undefined {
    const value = this.#given(param)
    if (value === undefined) return undefined
    if (typeof value === 'number' && value > 0) {
      return Math.ceil(Math.min(value, SECONDS_MAX) * 1000)
    }
    return this.#refuse(param, 'must be a number of seconds over 0')
  }

  /**
   * Fallbacks in each of LiteLLM's three forms: names, `{"model": name}`, and the router's own
   * `{route: [names]}`, of which only the entries for the model asked for count.
   */
  routes(param: string): readonly string[] | undefined {
    const value = this.#given(param)
    if (value === undefined) return undefined
    if (!isArray(value)) return this.#refuse(param, ROUTE_FORMS)
    const names = value.flatMap((entry, index) => this.#routesOf(entry, `${param}[${index}]`))
    return [...new Set(names)]
  }

  #routesOf(entry: JsonValue, param: string): readonly string[] {
    if (typeof entry === 'string') return [entry]
    if (!isObject(entry)) return this.#refuse(param, ROUTE_FORMS) ?? []
    const model = stringOf(entry, 'model')
    if (model === undefined) return this.#routesOfMap(entry, param)
    const other = Object.keys(entry).find((key) => key !== 'model')
    if (other !== undefined) {
      this.#refuse(`${param}.${other}`, 'cannot be changed for a fallback; name its route alone')
    }
    return [model]
  }

  #routesOfMap(map: JsonObject, param: string): readonly string[] {
    const asked = stringOf(this.#body, 'model')
    return Object.entries(map).flatMap(([route, names]) => {
      if (!isStrings(names)) return this.#refuse(param, ROUTE_FORMS) ?? []
      return route === asked || route === '*' ? names : []
    })
  }

  #given(param: string): JsonValue | undefined {
    return own(this.#body, param) ?? undefined
  }

  #refuse(param: string, rule: string): undefined {
    this.#problem ??= { kind: 'invalid', message: `\`${param}\` ${rule}.`, param }
  }
}

const ROUTE_FORMS =
  'must name routes: `["other"]`, `[{"model": "other"}]` or `[{"route": ["other"]}]`'

function isStrings(value: JsonValue | undefined): value is readonly string[] {
  return isArray(value) && value.every((item) => typeof item === 'string')
}
