import { backupStore } from '../../analyzer/store/sqlite/keeping/backup-store.ts'
import { EXIT, type CommandIo } from '../command.ts'
import { CommandError } from '../command-error.ts'
import { findDataFolder } from '../data-folder.ts'
import { parseFlags } from '../parse-flags.ts'
import { ProgressLine } from '../progress-line.ts'
import { showBytes, showPlural } from './measures.ts'

export async function backup(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(
    args,
    { 'data-dir': { type: 'string' }, json: { type: 'boolean' } },
    1,
  )
  const [target] = positionals
  if (target === undefined || target === '') {
    throw new CommandError('USAGE', {
      message: 'db backup: expected the folder to copy into',
      hint: 'secondwind db backup DIR, where DIR is empty or not there yet',
    })
  }
  const path = findDataFolder(values['data-dir'])
  const progress = new ProgressLine(io.stderr)
  const { files, bytes, damaged } = await backupStore({
    path,
    target,
    onProgress: ({ file, bytesDone, bytesTotal }) => {
      progress.show(`copying ${file}: ${showBytes(bytesDone)} of ${showBytes(bytesTotal)}`)
    },
  })
  progress.clear()
  io.stdout.write(
    values.json === true
      ? `${JSON.stringify({ schemaVersion: 1, dataDir: path, backup: target, files, bytes, damaged })}\n`
      : `${target} holds a copy of ${path}: ${showPlural(files, 'file')}, ${showBytes(bytes)}\n` +
          damaged.map((name) => `  damaged here and copied as it stands: ${name}\n`).join('') +
          `  verify it: secondwind db check --data-dir ${target}\n` +
          `  start an analyzer on it: secondwind analyzer --data-dir ${target}\n`,
  )
  return EXIT.ok
}
