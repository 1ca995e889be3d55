/** RFC 9457. */
export interface WireProblem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** The reader's next step. */
  readonly hint?: string
}
