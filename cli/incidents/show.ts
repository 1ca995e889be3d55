import type { WireIncident } from '../../analyzer/api/wire.ts'
import { API_FLAGS, apiOf } from '../api/api-flags.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { parseFlags } from '../parse-flags.ts'
import { hasColour } from '../terminal-text.ts'
import { findIncident } from './find-incident.ts'
import { incidentLines } from './show-incident.ts'

export async function show(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, API_FLAGS, 1)
  const api = apiOf(values)
  const { row } = await findIncident(api, positionals[0])
  const incident = await api.get<WireIncident>(`incidents/${row.id}`)
  io.stdout.write(
    values.json === true
      ? `${JSON.stringify(incident)}\n`
      : `${incidentLines(incident, hasColour(io.stdout)).join('\n')}\n`,
  )
  return EXIT.ok
}
