import { join } from 'node:path'

import { openStore } from '../../../analyzer/store/open-store.ts'
import { openVerdictStore } from '../../../analyzer/store/sqlite/verdicts/open-verdict-store.ts'
import { WIDE_LIMITS } from '../../support/open-test-store.ts'
import { verdictContract } from './contract/verdicts.ts'

verdictContract({
  name: 'SQLite',
  open: (folder) => openVerdictStore(join(folder, 'verdicts.db'), { nowMs: 0, log: () => {} }),
})

verdictContract({
  name: 'SQLite, in a file that may be renewed',
  open: (path) =>
    openStore({ path, limits: WIDE_LIMITS }, { now: () => 0, log: () => {} }).openVerdicts(),
})
