/** Whether spans are stored and judged right now. */
export type Readiness =
  | { readonly kind: 'ready' }
  /** Nothing can be asked yet. */
  | { readonly kind: 'starting'; readonly detail: string }
  /** Stopping, or what arrives cannot be judged. */
  | { readonly kind: 'not-ready' }
