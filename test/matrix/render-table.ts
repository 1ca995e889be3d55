import type { Cell, Slot } from './cells.ts'
import { SLOTS, TARGETS } from './cells.ts'
import { FAULTS, POSITIONS } from './faults.ts'
import type { RecordedCell } from './run-matrix.ts'

/** All cells on one page: what became of each request, and why some cells cannot be. */
export function renderTable(recordedOf: (cell: Cell) => RecordedCell): string {
  const reasons: string[] = []
  const noteOf = (why: string): string => {
    if (!reasons.includes(why)) reasons.push(why)
    return `n/a ${reasons.indexOf(why) + 1}`
  }
  const show = (slot: Slot | undefined): string => {
    if (slot === undefined) return ''
    return slot.kind === 'cell' ? outcomeOf(recordedOf(slot.cell)) : noteOf(slot.why)
  }
  const clients = [...new Set(SLOTS.map(({ path }) => path.split('/')[0] ?? ''))]
  const sections = clients.flatMap((client) =>
    TARGETS.flatMap((target) => [
      `## ${client} client, ${target === 'same' ? 'target of the same protocol' : 'target of another'}`,
      '',
      `| fault | ${POSITIONS.join(' | ')} |`,
      `|---|${POSITIONS.map(() => '---').join('|')}|`,
      ...FAULTS.map(({ name }) => {
        const row = POSITIONS.map((at) =>
          SLOTS.find(
            ({ path }) => path === [client, target, name, at.replaceAll(' ', '-')].join('/'),
          ),
        )
        return `| ${name} | ${row.map(show).join(' | ')} |`
      }),
      '',
    ]),
  )
  return [
    '# The fault matrix',
    '',
    'What a client gets when its first target breaks, cell by cell; each has a golden file of its',
    'own. Written by `SECONDWIND_GOLDEN=write npx vitest run test/matrix`.',
    '',
    '| fault | the target |',
    '|---|---|',
    ...FAULTS.map(({ name, does }) => `| ${name} | ${does} |`),
    '',
    'Behind the target stand, by turns, one healthy target; one that breaks and a healthy one; one',
    'that answers 503; nobody. `rescued 2`: complete, by the second attempt. `failed 2`: an error of',
    "two attempts, which is the first one's.",
    '',
    ...sections,
    '## Why a cell cannot be',
    '',
    ...reasons.map((why, index) => `${index + 1}. ${why}`),
    '',
  ].join('\n')
}

function outcomeOf({ spans, said }: RecordedCell): string {
  const request = spans.find((span) => span.kind === 'server')
  const outcome = request?.attributes.get('secondwind.outcome')
  return `${typeof outcome === 'string' ? outcome : 'none'} ${said.length}`
}
