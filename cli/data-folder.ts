import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Where the analyzer keeps its data: the option, else `SECONDWIND_DATA_DIR`, else the XDG place.
 */
export function findDataFolder(given: string | undefined): string {
  const named = given ?? process.env['SECONDWIND_DATA_DIR']
  if (named !== undefined && named !== '') return named
  const base = process.env['XDG_DATA_HOME']
  return join(
    base === undefined || base === '' ? join(homedir(), '.local/share') : base,
    'secondwind',
  )
}
