/** What is known of the model that a translated request is written for. */
export interface WriteTarget {
  readonly stream: boolean
  /** False: the model rejects `temperature`, `top_p` and `top_k`. */
  readonly acceptsSampling: boolean
  readonly acceptsTopPWithTemperature: boolean
  /** Whether the model takes a reasoning effort; others answer 400. */
  readonly acceptsEffort: boolean
  /** Whether the model holds its tool calls to a schema where it is told to. */
  readonly acceptsStrictTools: boolean
  /** What is asked of Anthropic, which demands a limit, where the client gave none. */
  readonly maxTokensDefault: number
}
