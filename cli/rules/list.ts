import { docsOf } from '../../analyzer/api/to-wire-incident.ts'
import { RULES } from '../../analyzer/rules/index.ts'
import type { RuleFacts } from '../../analyzer/rules/rule.ts'
import { WINDOW_RULES } from '../../analyzer/rules/window/index.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { columns } from '../columns.ts'
import { parseFlags } from '../parse-flags.ts'

/** `rules list` */
export function list(args: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseFlags(args, { json: { type: 'boolean' } })
  io.stdout.write(values.json === true ? toJson() : toText())
  return Promise.resolve(EXIT.ok)
}

type Opens = 'failed' | 'rescued' | 'many' | 'never'

interface Row {
  readonly rule: RuleFacts
  readonly opens: Opens
}

/** In order of priority: of a request, the first that fires is primary. */
const ROWS: readonly Row[] = [
  ...RULES.map((rule) => ({ rule, opens: opensOf(rule) })),
  ...WINDOW_RULES.map((rule) => ({ rule, opens: 'many' as const })),
]

function opensOf(rule: (typeof RULES)[number]): Opens {
  if (rule.severity === 'info') return 'never'
  return rule.opensWhenRescued ? 'rescued' : 'failed'
}

/** What opens an incident. */
const WORDS: Readonly<Record<Opens, string>> = {
  failed: 'a failed request',
  rescued: 'any request',
  many: 'many requests',
  never: 'nothing',
}

function toText(): string {
  const rows = ROWS.map(({ rule, opens }) => [
    rule.id,
    rule.severity,
    WORDS[opens],
    rule.title,
    docsOf(rule.id),
  ])
  const head = ['id', 'severity', 'opened by', 'title', 'docs']
  const lines = columns([head, ...rows], ['left', 'left', 'left', 'left', 'left'])
  return `${lines.join('\n')}\n`
}

function toJson(): string {
  const rules = ROWS.map(({ rule, opens }) => ({
    id: rule.id,
    severity: rule.severity,
    opens,
    title: rule.title,
    description: rule.description,
    needs: rule.needs,
    docs: docsOf(rule.id),
  }))
  return `${JSON.stringify({ schemaVersion: 1, rules })}\n`
}
