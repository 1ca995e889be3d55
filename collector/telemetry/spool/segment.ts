/** One file of the spool: groups of one kind, in the order in which they came. */
export interface Segment {
  readonly path: string
  readonly important: boolean
}
