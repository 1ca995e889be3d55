import { onTestFinished } from 'vitest'

import { openStore, type StorePlace } from '../../analyzer/store/open-store.ts'
import type { SpanReader, SpanWriter, Store } from '../../analyzer/store/store.ts'
import { temporaryFolder } from './temporary-folder.ts'

export interface TestStore {
  readonly path: string
  readonly store: Store
  readonly writer: SpanWriter
  readonly reader: SpanReader
  readonly logged: readonly string[]
}

export const WIDE_LIMITS = { ageMsMax: 14 * 24 * 3_600_000, bytesMax: 2 * 1024 ** 3 }

/** A store on disk in a folder of this test's own, with one writer and one reader open. */
export function openTestStore(place: Partial<StorePlace> = {}): TestStore {
  const { path = temporaryFolder(), limits = WIDE_LIMITS } = place
  const logged: string[] = []
  const store = openStore({ path, limits }, { now: () => 0, log: (line) => logged.push(line) })
  const writer = store.openWriter()
  const reader = store.openReader()
  onTestFinished(() => {
    reader.close()
    writer.close()
  })
  return { path, store, writer, reader, logged }
}
