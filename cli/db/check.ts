import {
  checkStore,
  type CheckStep,
  type StoreCheck,
} from '../../analyzer/store/sqlite/keeping/check-store.ts'
import { meansDamage } from '../../analyzer/store/sqlite/keeping/store-problem.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { findDataFolder } from '../data-folder.ts'
import { parseFlags } from '../parse-flags.ts'
import { ProgressLine } from '../progress-line.ts'
import { explain } from './explain-problem.ts'
import { showPlural } from './measures.ts'

export function check(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseFlags(args, {
    'data-dir': { type: 'string' },
    json: { type: 'boolean' },
  })
  const path = findDataFolder(values['data-dir'])
  const progress = new ProgressLine(io.stderr)
  const result = finish(checkStore(path), ({ file, filesDone, filesTotal }) => {
    progress.show(`checking ${file} (${filesDone + 1} of ${filesTotal})`)
  })
  progress.clear()
  io.stdout.write(
    values.json === true ? `${JSON.stringify(toJson(path, result))}\n` : toText(path, result),
  )
  return Promise.resolve(result.problems.some(meansDamage) ? EXIT.found : EXIT.ok)
}

function finish(steps: Generator<CheckStep, StoreCheck>, onStep: (step: CheckStep) => void) {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    onStep(step.value)
  }
}

function toJson(dataDir: string, { files, spans, problems }: StoreCheck) {
  return {
    schemaVersion: 1,
    dataDir,
    files,
    spans,
    damaged: problems.some(meansDamage),
    problems: problems.map((problem) => ({
      ...problem,
      damage: meansDamage(problem),
      ...explain(problem, dataDir),
    })),
  }
}

function toText(dataDir: string, { files, spans, problems }: StoreCheck): string {
  const lines = problems.flatMap((problem) => {
    const { what, meaning, remedy } = explain(problem, dataDir)
    return [
      `${meansDamage(problem) ? 'damaged' : 'note'}: ${problem.file}: ${what}`,
      `  means: ${meaning}`,
      `  do: ${remedy}`,
    ]
  })
  const damage = problems.filter(meansDamage).length
  const verdict = damage === 0 ? 'no damage' : `${damage} damaged`
  lines.push(
    `${dataDir}: ${showPlural(files, 'file')} and ${showPlural(spans, 'span')} were read: ${verdict}`,
  )
  return `${lines.join('\n')}\n`
}
