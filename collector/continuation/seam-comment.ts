import type { Seam, StreamAttempt } from './client-stream.ts'

/** Safe in every protocol; names the second model, which the envelope cannot. */
export function seamComment(seam: Seam, attempt: StreamAttempt | undefined): string {
  const aligned = seam.aligned ? ' aligned=true' : ''
  const model = attempt?.model.replace(/\s+/g, '_') ?? ''
  return (
    `secondwind seam attempt=${attempt?.number ?? 0} strategy=${attempt?.strategy ?? ''} ` +
    `verified=${seam.verified}${aligned} model=${model}`
  )
}

/** Content that only its own protocol can say was left out: citations, a picture. */
export function droppedComment(type: string, attempt: StreamAttempt | undefined): string {
  const name = type.replace(/[^\w.:-]/g, '_').slice(0, 64)
  return `secondwind dropped attempt=${attempt?.number ?? 0} type=${name}`
}
