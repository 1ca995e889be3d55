import type { ActLoss } from '../../act-store.ts'

/** What a check found, by what it means for whoever runs the analyzer. */
export type StoreProblem =
  /** Nothing of the file can be read. */
  | { readonly kind: 'unreadable'; readonly file: string; readonly detail: string }
  /** SQLite finds pages of it damaged; what is on the others can be read. */
  | { readonly kind: 'pages-damaged'; readonly file: string; readonly detail: string }
  /** A compressed block is not what was written: its spans are lost. */
  | {
      readonly kind: 'block-damaged'
      readonly file: string
      readonly detail: string
      readonly spans: number
    }
  /** Chunks whose bytes are no spans. */
  | { readonly kind: 'spans-damaged'; readonly file: string; readonly spans: number }
  /** Chunks whose resource and scope, or whose source, are not there. */
  | { readonly kind: 'context-missing'; readonly file: string; readonly chunks: number }
  /** More or fewer spans than were counted when it was sealed, or than the totals say. */
  | {
      readonly kind: 'counts-differ'
      readonly file: string
      readonly expected: number
      readonly found: number
    }
  /** The judge would pass over spans that come next. */
  | { readonly kind: 'judged-ahead'; readonly file: string }
  /** Counts of requests are not those of the requests that are there. */
  | { readonly kind: 'verdicts-disagree'; readonly file: string; readonly detail: string }
  | { readonly kind: 'verdicts-unreadable'; readonly file: string; readonly detail: string }
  /** Some of what people did to incidents cannot be read. */
  | { readonly kind: 'acts-damaged'; readonly file: string; readonly detail: string }
  /** So many acts of people were seen, at most, and are not there. */
  | { readonly kind: 'acts-missing'; readonly file: string; readonly acts: number }
  /** Acts were lost at an earlier start; the rest is there. */
  | {
      readonly kind: 'acts-lost'
      readonly file: string
      readonly atMs: number
      readonly how: ActLoss['how']
      readonly saved: number
    }
  /** Of a crash; it means nothing, and goes by itself. */
  | { readonly kind: 'leftover'; readonly file: string }
  /** What could not be read at an earlier start. */
  | { readonly kind: 'set-aside'; readonly file: string }

/** Whether something is lost or wrong, and not merely in the way. */
export function meansDamage({ kind }: StoreProblem): boolean {
  return kind !== 'leftover' && kind !== 'set-aside' && kind !== 'acts-lost'
}
