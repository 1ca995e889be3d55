import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { RULES } from '../../analyzer/rules/index.ts'
import { loadRecordings, type Recording } from '../support/litellm-recordings.ts'
import { selectRows } from './only.ts'
import { ROOT } from './places.ts'
import { showProgress } from './report.ts'
import { measureOutage, OUTAGE, outageTable } from './verdicts/outage-table.ts'
import { precisionOf, recallOf, scoreOf, share, totalOf, type Score } from './verdicts/score.ts'
import { tableOf } from './verdicts/table.ts'
import { timePerStory, type TimePerStory } from './verdicts/time-per-story.ts'

/**
 * How right the verdicts are, over every recording of a real LiteLLM process: what happened to each
 * stands beside it, told by its upstreams and by its client's bytes and not by its spans.
 */
const { values: flags } = parseArgs({
  options: {
    tiny: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
    // Other recordings, in the form of those in test/fixtures/litellm.
    corpus: { type: 'string' },
  },
})

const rounds = flags.tiny ? 1 : 9

interface Part {
  readonly name: string
  readonly score: Score
  readonly time: TimePerStory
}

const all = loadRecordings(flags.corpus ?? join(ROOT, 'test/fixtures/litellm/recordings.jsonl.gz'))
const modes = [...new Set(all.map(({ mode }) => mode))]
const isWanted = selectRows(flags.only, [...modes, OUTAGE])
const recordings = all.filter(({ mode }) => isWanted(mode))
const parts = modes.filter(isWanted).map((mode): Part => {
  showProgress(mode)
  return partOf(
    mode,
    recordings.filter((recording) => recording.mode === mode),
  )
})
showProgress(OUTAGE)
const outage = isWanted(OUTAGE) ? measureOutage(all, flags) : []
showProgress('all of them')
const total = parts.length === 0 ? undefined : partOf('all', recordings)
showProgress('')

if (outage.length > 0) process.stdout.write(`${outageTable(outage)}\n`)
if (total !== undefined) {
  process.stdout.write(`${classTable(total.score)}\n${modeTable(total)}\n${definitions(total)}\n`)
}
if (flags.out !== undefined) {
  writeFileSync(flags.out, `${JSON.stringify(asJson(), undefined, 2)}\n`)
}

function definitions({ score }: Part): string {
  return `Of ${score.requests} requests. A class is demanded of a request (its file says that it must be found), allowed (it may be), or a false alarm. Precision: found where demanded ÷ (that + false alarms). Recall: found where demanded ÷ demanded. What is only allowed counts for neither. An outcome is right where the request is told as one, with an outcome that its spans allow; unknown: nothing more could be said, or was. Time: to tell and judge one request from decoded spans; beside it \`JSON.parse\` of the same spans.`
}

function partOf(name: string, of: readonly Recording[]): Part {
  return { name, score: scoreOf(of), time: timePerStory(of, rounds) }
}

/** Every class of the registry, those that nothing demands and nothing found included. */
function classTable({ classes }: Score): string {
  const heads = ['class', 'demanded', 'found', 'false alarms', 'allowed', 'precision', 'recall']
  const known = RULES.map(({ id }) => ({ id, of: classes.get(id) }))
  const unknown = [...classes]
    .filter(([id]) => !RULES.some((rule) => rule.id === id))
    .map(([id, of]) => ({ id: `${id} (no such rule yet)`, of }))
  const rows = [...known, ...unknown, { id: 'all', of: totalOf(classes) }].map(({ id, of }) => [
    id,
    String(of?.demanded ?? 0),
    String(of?.found ?? 0),
    String(of?.falseAlarms ?? 0),
    String(of?.allowed ?? 0),
    percent(of && precisionOf(of)),
    percent(of && recallOf(of)),
  ])
  return tableOf(heads, rows)
}

function modeTable(whole: Part): string {
  const heads = [
    'release/mode',
    'requests',
    'right outcome',
    'unknown',
    'precision',
    'recall',
    'µs/request',
    'JSON.parse',
    'ratio',
  ]
  const rows = [...parts, whole].map(({ name, score, time }) => {
    const classes = totalOf(score.classes)
    return [
      name,
      String(score.requests),
      percent(share(score.rightOutcomes, score.requests)),
      String(score.unknown),
      percent(precisionOf(classes)),
      percent(recallOf(classes)),
      time.oursUs.toFixed(0),
      time.parsedUs.toFixed(0),
      (time.oursUs / time.parsedUs).toFixed(2),
    ]
  })
  return tableOf(heads, rows)
}

function percent(value: number | undefined): string {
  return value === undefined ? '–' : `${(100 * value).toFixed(1)} %`
}

function asJson(): object {
  return {
    schemaVersion: 1,
    ...(total !== undefined && { definitions: definitions(total), total: toJson(total) }),
    parts: parts.map(toJson),
    outage,
  }
}

function toJson({ name, score, time }: Part): object {
  const { classes, ...counts } = score
  return {
    name,
    ...counts,
    ...time,
    classes: [...classes].map(([rule, of]) => ({
      rule,
      ...of,
      precision: precisionOf(of) ?? null,
      recall: recallOf(of) ?? null,
    })),
  }
}
