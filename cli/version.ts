import { readFileSync } from 'node:fs'
import type { Command } from './command.ts'
import { EXIT } from './command.ts'
import { parseFlags } from './parse-flags.ts'

/** Of package.json, which is one folder up from the sources and two from what they compile to. */
export function readVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), 'utf8')
      const version: unknown = Reflect.get(Object(JSON.parse(text)), 'version')
      if (typeof version === 'string') return version
    } catch {
      // Not here: the next place.
    }
  }
  return '0.0.0'
}

export const version: Command = {
  name: 'version',
  summary: 'Print the version',
  help: `Examples:
  secondwind version
  secondwind version --json

Usage: secondwind version [--json]

Options:
  --json    one JSON document, with Node's version
`,
  run: (args, io) => {
    const { values } = parseFlags(args, { json: { type: 'boolean' } })
    const document = { schemaVersion: 1, version: readVersion(), node: process.versions.node }
    const text = values.json === true ? JSON.stringify(document) : document.version
    io.stdout.write(`${text}\n`)
    return Promise.resolve(EXIT.ok)
  },
}
