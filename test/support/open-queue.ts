import { IntakeQueue, type IntakeQueueOptions } from '../../analyzer/ingest/receive/intake-queue.ts'
import { ShedSignal } from '../../analyzer/ingest/shed-signal.ts'

const MIB = 1024 * 1024

/** The queue of a receiver, with the default limits unless others are given. */
export function openQueue(options: Partial<IntakeQueueOptions> = {}): IntakeQueue {
  return new IntakeQueue({
    bodyBytesMax: 64 * MIB,
    bytesMax: 128 * MIB,
    now: Date.now,
    shed: new ShedSignal(),
    ...options,
  })
}
