/**
 * What a LiteLLM `config.yaml` says about routes and fallbacks, reduced to what dialects need. Keys,
 * teams and databases can override the file, so what rests on it is at most `likely`.
 */
export interface RouterConfig {
  readonly routes: ReadonlyMap<string, RouterRoute>
  readonly fallbacks: ReadonlyMap<string, readonly string[]>
  readonly defaultFallbacks: readonly string[]
  readonly numRetries: number | undefined
}

export interface RouterRoute {
  readonly name: string
  readonly deployments: readonly RouterDeployment[]
}

export interface RouterDeployment {
  readonly id: string | undefined
  /** `litellm_params.model`, provider included. */
  readonly model: string
  readonly apiBase: string | undefined
}
