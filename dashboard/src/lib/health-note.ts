/** Something about the analyzer itself that somebody should know, and what to do about it. */
export interface HealthNote {
  readonly key: string
  /** `failed`: something is lost or not seen right now; `medium`: it will be. */
  readonly tone: 'failed' | 'medium'
  readonly title: string
  readonly detail: string
  readonly next: string
  readonly at: { readonly word: 'since' | 'last'; readonly time: string } | undefined
}
