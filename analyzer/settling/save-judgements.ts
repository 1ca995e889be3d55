import type { Judgement, Progress, VerdictStore } from '../store/verdict-store.ts'

export interface SaveOptions {
  readonly verdicts: Pick<VerdictStore, 'progress' | 'replace'>
  /** How far all is judged once these are kept. */
  readonly progress: Progress
  /** Disk full, file locked: it passes, and is no trace's fault. Anything else is the trace's. */
  readonly isStoreTrouble: (error: unknown) => boolean
  readonly onFailure: (what: string, error: unknown) => void
}

/** Keeps all of these judgements, or all but those that cannot be kept. */
export function saveJudgements(
  judgements: readonly Judgement[],
  { verdicts, progress, isStoreTrouble, onFailure }: SaveOptions,
): void {
  try {
    verdicts.replace(judgements, progress)
    return
  } catch (error: unknown) {
    if (isStoreTrouble(error)) throw error
  }
  // One of them cannot be kept; which one, only trying tells. The watermark comes last.
  const before = verdicts.progress()
  for (const judgement of judgements) {
    try {
      verdicts.replace([judgement], before)
    } catch (error: unknown) {
      if (isStoreTrouble(error)) throw error
      const { source, traceIds } = judgement
      onFailure(`trace ${traceIds[0] ?? ''} was not judged`, error)
      verdicts.replace([{ source, traceIds, verdicts: [] }], before)
    }
  }
  verdicts.replace([], progress)
}
