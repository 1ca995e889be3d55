import { openStore } from '../../../analyzer/store/open-store.ts'
import { emptyModel, ModelReader, ModelWriter } from '../../support/model-store.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
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
  name: 'the model that engines are compared with',
  begin: () => {
    const model = emptyModel()
    return { openWriter: () => new ModelWriter(model), openReader: () => new ModelReader(model) }
  },
})
