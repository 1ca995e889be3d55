import { join } from 'node:path'

import { openVerdictStore } from '../../../analyzer/store/sqlite/verdicts/verdict-store.ts'
import { verdictContract } from './contract/verdicts.ts'

verdictContract({
  name: 'SQLite',
  open: (folder) => openVerdictStore(join(folder, 'verdicts.db'), { nowMs: 0, log: () => {} }),
})
