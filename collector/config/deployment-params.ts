import type { ConfigReader, NumberRules } from './config-reader.ts'
import type { Path } from './config-path.ts'
import type { Secret } from './secret.ts'

/**
 * The parameters of one deployment. LiteLLM takes each from the deployment's own `litellm_params`,
 * else from the credential that it names, else from what the router gives to all.
 */
export class DeploymentParams {
  readonly own: Path
  readonly reader: ConfigReader
  readonly #layers: readonly Path[]

  constructor(reader: ConfigReader, own: Path, otherLayers: readonly Path[]) {
    this.own = own
    this.reader = reader
    this.#layers = [own, ...otherLayers]
  }

  /** Where one of `keys` is given; `undefined` where none is. */
  find(...keys: readonly string[]): Path | undefined {
    for (const layer of this.#layers) {
      const key = keys.find((name) => this.reader.get([...layer, name]) !== undefined)
      if (key !== undefined) return [...layer, key]
    }
    return undefined
  }

  /** The value as it stands; `undefined` where none is given. */
  get(key: string): unknown {
    const path = this.find(key)
    return path && this.reader.get(path)
  }

  string(...keys: readonly string[]): string | undefined {
    const path = this.find(...keys)
    return path && this.reader.string(path)
  }

  secret(...keys: readonly string[]): Secret | undefined {
    const path = this.find(...keys)
    return path && this.reader.secret(path)
  }

  number(key: string, rules: NumberRules): number | undefined {
    const path = this.find(key)
    return path && this.reader.number(path, rules)
  }

  boolean(key: string): boolean | undefined {
    const path = this.find(key)
    return path && this.reader.boolean(path)
  }
}
