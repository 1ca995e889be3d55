import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { CLOSED_LOOP, runClosedLoop } from './analyzer/closed-loop.ts'
import { COLUMNS, TITLES, type BenchContext } from './analyzer/context.ts'
import { DECODE_COST, runDecodeCost } from './analyzer/decode-cost.ts'
import { GROWTH, runGrowth } from './analyzer/growth.ts'
import { OPEN_LOOP, runOpenLoop } from './analyzer/open-loop.ts'
import { selectRows } from './only.ts'
import { Report, showProgress } from './report.ts'

/**
 * What taking spans costs, beside the plain way to write them and the plain way to receive them, in
 * one run: absolute figures move with the machine, the ratios are what counts.
 */
const { values: flags } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string' },
    out: { type: 'string' },
    dir: { type: 'string', default: tmpdir() },
    profile: { type: 'string' },
  },
})
const isWanted = selectRows(flags.only, [...CLOSED_LOOP, DECODE_COST, OPEN_LOOP, GROWTH])
const workFolder = mkdtempSync(join(flags.dir, 'secondwind-bench-'))
const context: BenchContext = {
  report: new Report(COLUMNS, {
    titles: TITLES,
    goalTitle: 'goal of the analyzer',
    out: flags.out,
  }),
  workFolder,
  size: flags.tiny ? 'tiny' : flags.full ? 'full' : 'usual',
  rounds: Number(flags.rounds ?? (flags.tiny ? 1 : 3)),
  warmMs: flags.tiny ? 100 : 1000,
  measureMs: flags.tiny ? 200 : 2500,
  profileTo: flags.profile,
}
try {
  await runClosedLoop(context, isWanted)
  if (isWanted(DECODE_COST)) runDecodeCost(context)
  if (isWanted(OPEN_LOOP)) await runOpenLoop(context)
  if (isWanted(GROWTH)) await runGrowth(context)
} finally {
  showProgress('')
  rmSync(workFolder, { recursive: true })
}
context.report.close()
