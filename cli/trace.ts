import type { WireTrace } from '../analyzer/api/wire.ts'
import { API_FLAGS, API_FLAGS_HELP, apiOf } from './api/api-flags.ts'
import { EXIT, type Command } from './command.ts'
import { parseFlags } from './parse-flags.ts'
import { hasColour } from './terminal-text.ts'
import { findTrace } from './trace/find-trace.ts'
import { requestLines, traceHead } from './trace/request-lines.ts'
import { waterfallLines } from './trace/waterfall.ts'

/** Of a terminal that does not say, and of a pipe. */
const COLUMNS_DEFAULT = 100

export const trace: Command = {
  name: 'trace',
  summary: 'Show a trace with its attempts and the verdict on it',
  help: `Examples:
  secondwind trace 8274d92881ef8352dce78d63ca092f86
  secondwind trace 8274d928
  secondwind trace 8274d928 --attempts
  secondwind trace 8274d928 --json

Usage: secondwind trace ID [options]

Asks a running analyzer. An ID may be shortened to its first digits, at least eight, as long as they
are those of one trace alone. Above, what came of each request and why; below, the spans, each under
its parent, with its start and duration; an attempt is marked with its number.

Options:
  --attempts              requests and their attempts alone
${API_FLAGS_HELP}
  --help                  this text

Exit codes: 0 shown, 1 there is no such trace, 2 usage, 3 unusable token file, 4 the analyzer cannot
be reached or refuses, 7 no answer in time
`,
  run: async (args, io) => {
    const { values, positionals } = parseFlags(
      args,
      { ...API_FLAGS, attempts: { type: 'boolean' } },
      1,
    )
    const api = apiOf(values)
    const id = await findTrace(api, positionals[0])
    const found = await api.get<WireTrace>(`traces/${id}`)
    if (values.json === true) {
      const shown = values.attempts === true ? withoutSpans(found) : found
      io.stdout.write(`${JSON.stringify(shown)}\n`)
      return EXIT.ok
    }
    const look = { colour: hasColour(io.stdout), columns: columnsOf(io.stdout) }
    const lines = [
      traceHead(found),
      ...found.requests.flatMap((request) => ['', ...requestLines(request, look)]),
      ...(values.attempts === true ? [] : ['', ...waterfallLines(found, look)]),
    ]
    io.stdout.write(`${lines.join('\n')}\n`)
    return EXIT.ok
  },
}

function withoutSpans({ schemaVersion, traceId, requests }: WireTrace) {
  return { schemaVersion, traceId, requests }
}

function columnsOf(stream: NodeJS.WritableStream): number {
  const columns = 'columns' in stream ? Number(stream.columns) : Number.NaN
  return Number.isInteger(columns) && columns > 0 ? columns : COLUMNS_DEFAULT
}
