import { messageOf } from '../message-of.ts'
import { openActStore } from './sqlite/acts/act-store.ts'
import { refuseNewerActs } from './sqlite/acts/open-acts.ts'
import { filesOf } from './sqlite/folder-files.ts'
import { SegmentKeeper } from './sqlite/keeping/segment-keeper.ts'
import { loggedUpTo, receivedFromMs, receivedSpells } from './sqlite/keeping/part-files.ts'
import { VerdictsWatermark } from './sqlite/keeping/watermark.ts'
import { isStoreTrouble } from './sqlite/open-database.ts'
import { toPlace } from './sqlite/segments/position.ts'
import { SegmentCatalogue } from './sqlite/segments/segment-catalogue.ts'
import { SegmentHandles } from './sqlite/segments/segment-handles.ts'
import { SegmentSpanReader } from './sqlite/segments/segment-span-reader.ts'
import { SegmentWriter } from './sqlite/segments/segment-writer.ts'
import { takeOverSpans, type TakingOver } from './sqlite/take-over-spans.ts'
import { openRenewableVerdicts } from './sqlite/verdicts/renewable-verdicts.ts'
import { openVerdictStore } from './sqlite/verdicts/open-verdict-store.ts'
import { RetentionClock } from './retention-clock.ts'
import type { SpanLimits, Store } from './store.ts'
import type { WriteLog } from '../log.ts'

/** Where a store is and what it may take; plain data, sent to the threads that open it. */
export interface StorePlace {
  /** The data folder, which this process holds. */
  readonly path: string
  readonly limits: SpanLimits
}

export interface StoreEnvironment {
  readonly now: () => number
  readonly log: WriteLog
  /** How far the spans of an older release have come, again and again until all are here. */
  readonly onTakingOver?: (progress: TakingOver) => void
}

/** Opens nothing by itself: each thread opens its own end. */
export function openStore(place: StorePlace, environment: StoreEnvironment): Store {
  const { path, limits } = place
  const { now, log, onTakingOver } = environment
  const files = filesOf(path)
  const catalogue = (): SegmentCatalogue => new SegmentCatalogue(path)
  const handles = (of: SegmentCatalogue): SegmentHandles =>
    new SegmentHandles({
      catalogue: of,
      onDamaged: (file, error) => {
        const why = messageOf(error)
        const next = '"secondwind db check" says what is lost'
        log(`${file} cannot be read, all others can: ${why}; ${next}`, 'error')
      },
    })
  return {
    openWriter: () => {
      // Where all segments were taken away: what was judged is not judged again, so that spans
      // which came to an old position would never be.
      const watermark = new VerdictsWatermark(files.verdicts)
      const judgedUpTo = watermark.judgedUpTo()
      watermark.close()
      const segments = new SegmentCatalogue(path, toPlace(judgedUpTo).segment)
      const writer = new SegmentWriter({
        catalogue: segments,
        handles: handles(segments),
        limits,
        judgedUpTo,
        now,
        log,
      })
      try {
        const options = { writer, now, log, onProgress: onTakingOver }
        const steps = takeOverSpans(files.oldSpans, options)
        while (steps.next().done !== true) continue
      } catch (error: unknown) {
        writer.close()
        throw error
      }
      return writer
    },
    openReader: () => new SegmentSpanReader(handles(catalogue())),
    openVerdicts: ({ judgeWindow } = {}) => {
      refuseNewerActs(files.acts)
      return openRenewableVerdicts({
        file: files.verdicts,
        open: () => {
          const spans = {
            fromMs: () => receivedFromMs(catalogue()) ?? now(),
            upTo: () => loggedUpTo(catalogue()),
          }
          return openVerdictStore(files.verdicts, { nowMs: now(), log, spans, judgeWindow })
        },
        now,
        log,
      })
    },
    openActs: (knownUpTo) => openActStore({ file: files.acts, knownUpTo, now, log }),
    openRetentionClock: () =>
      new RetentionClock({
        received: receivedSpells(catalogue()),
        now,
        elapsedMs: () => performance.now(),
      }),
    openKeeper: () => new SegmentKeeper({ catalogue: catalogue() }),
    openWatermark: () => new VerdictsWatermark(files.verdicts),
    isTrouble: isStoreTrouble,
  }
}
