import { openStore } from '../../../analyzer/store/open-store.ts'
import { emptyActs, ModelActStore, type ModelActs } from '../../support/model-acts.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { actContract } from './contract/acts.ts'

const environment = { now: () => 0, log: () => undefined }

actContract({
  name: 'SQLite',
  open: (path, knownUpTo) =>
    openStore({ path, limits: WIDE_LIMITS }, environment).openActs(knownUpTo),
})

const models = new Map<string, ModelActs>()

actContract({
  name: 'the model that engines are compared with',
  open: (folder, knownUpTo) => {
    const model = models.get(folder) ?? emptyActs()
    models.set(folder, model)
    return new ModelActStore(model, { knownUpTo, nowMs: 0 })
  },
})
