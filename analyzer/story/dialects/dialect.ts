import type { FactName } from '../fact-name.ts'
import type { RouterConfig } from '../router-config.ts'
import type { Sender } from '../sender.ts'
import type { Span } from '../span.ts'
import type { DialectName, Story } from '../story.ts'

/** Turns the spans of one kind of sender into stories. Pure: spans and config in, stories out. */
export interface Dialect {
  readonly name: DialectName
  /**
   * Whether this span is one that this dialect writes (told by scope and shape, never by route
   * names).
   */
  recognises(span: Span): boolean
  /** Spans of another dialect, whose traces may tell of the same calls. */
  readonly readsToo?: (span: Span) => boolean
  /**
   * Spans of one source: every span of every trace in which the dialect recognised one, in any
   * order, duplicates already removed; and of those that it reads, too.
   */
  toStories(input: DialectInput): readonly Story[]
  /** How well spans of this kind tell each fact, at their best: the docs' table is made of it. */
  readonly tells: Readonly<Record<FactName, Telling>>
  /**
   * Whole sentences: what the spans of this release, in this mode and of this API cannot show,
   * whatever happens. Measured facts alone: what is said here is what a reader must not look for.
   */
  cannotShow(sender: Sender): readonly string[]
}

/** `sometimes` and `never` say why, for the reader of the table. */
export type Telling =
  | { readonly sight: 'always' }
  | { readonly sight: 'sometimes' | 'never'; readonly why: string }

export interface DialectInput {
  readonly source: string
  readonly spans: readonly Span[]
  readonly routerConfig: RouterConfig | undefined
  /** There were more traces in these moments than could be looked at together. */
  readonly crowded?: boolean | undefined
}
