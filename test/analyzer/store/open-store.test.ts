import { openStore } from '../../../analyzer/store/open-store.ts'
import type {
  Appended,
  SpanArrival,
  SpanKeeper,
  SpanWriter,
  Store,
  Tally,
} from '../../../analyzer/store/store.ts'
import { emptyModel, ModelKeeper, ModelReader, ModelWriter } from '../../support/model-store.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { keepingContract } from './contract/keeping.ts'
import { spanContract } from './contract/spans.ts'

const environment = { now: () => 0, log: () => undefined }

spanContract({
  name: 'SQLite',
  begin: () => openStore({ path: temporaryFolder(), limits: WIDE_LIMITS }, environment),
})

spanContract({
  name: 'SQLite, where each commit begins a segment',
  begin: () => {
    const limits = { ...WIDE_LIMITS, bytesMax: 1 }
    return openStore({ path: temporaryFolder(), limits }, environment)
  },
})

spanContract({
  name: 'SQLite, where each segment is packed once the next is begun',
  begin: () => {
    const limits = { ...WIDE_LIMITS, bytesMax: 1 }
    const store = openStore({ path: temporaryFolder(), limits }, environment)
    return { openReader: () => store.openReader(), openWriter: () => new PackingWriter(store) }
  },
})

/** Packs whatever can be packed after each commit, under readers that are open. */
class PackingWriter implements SpanWriter {
  readonly #writer: SpanWriter
  readonly #keeper: SpanKeeper

  constructor(store: Store) {
    this.#writer = store.openWriter()
    this.#keeper = store.openKeeper()
  }

  append(arrivals: readonly SpanArrival[], tallies?: readonly Tally[]): Appended {
    const appended = this.#writer.append(arrivals, tallies)
    const now = { nowMs: 0, judgedUpTo: Infinity }
    for (;;) {
      const { more, failed } = this.#keeper.tidy(WIDE_LIMITS, now)
      if (failed.length > 0) throw new Error(failed.join())
      if (!more) return appended
    }
  }

  tidyUp(): void {
    this.#writer.tidyUp()
  }

  close(): void {
    this.#keeper.close()
    this.#writer.close()
  }
}

spanContract({
  name: 'the model that engines are compared with',
  begin: () => {
    const model = emptyModel()
    return { openWriter: () => new ModelWriter(model), openReader: () => new ModelReader(model) }
  },
})

keepingContract({
  name: 'SQLite',
  begin: (limits) => openStore({ path: temporaryFolder(), limits }, environment),
})

keepingContract({
  name: 'the model that engines are compared with',
  begin: () => {
    const model = emptyModel()
    return {
      openWriter: () => new ModelWriter(model),
      openReader: () => new ModelReader(model),
      openKeeper: () => new ModelKeeper(model),
    }
  },
})
