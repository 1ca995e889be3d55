import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createAuthoriser } from '../../analyzer/authorise.ts'
import type { SourceConfig } from '../../analyzer/config/config.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Sources by name and the tokens in their file; `main` is the analyzer's own. */
function authoriser(tokens: Readonly<Record<string, string>>, main?: string) {
  const folder = temporaryFolder()
  const write = (name: string, content: string): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const clock = { nowMs: 0 }
  const sources = Object.entries(tokens).map(([name, content]): SourceConfig => ({
    name,
    match: new Map(),
    tokenFile: write(name, content),
    routerConfig: undefined,
  }))
  const authTokenFile = main === undefined ? undefined : write('main-token', main)
  const now = (): number => clock.nowMs
  return { ...createAuthoriser({ authTokenFile, sources, now }), write, clock }
}

test('a token names its source, and a file of two lines names it by either', () => {
  const { ingest } = authoriser({ eu: 'eu-1\neu-2', us: 'us-1' })
  expect(ingest('Bearer eu-1')).toEqual({ kind: 'ok', source: 'eu' })
  expect(ingest('Bearer eu-2')).toEqual({ kind: 'ok', source: 'eu' })
  expect(ingest('Bearer us-1')).toEqual({ kind: 'ok', source: 'us' })
  expect(ingest('Bearer other')).toEqual({ kind: 'wrong' })
  // On loopback; elsewhere a token of the analyzer's own is required at the start.
  expect(ingest(undefined)).toEqual({ kind: 'ok' })
})

test('a source is not readable by its token, and nothing is without the main one', () => {
  const { ingest, read } = authoriser({ eu: 'eu-1' }, 'main-1')
  expect(read('Bearer main-1')).toBe('ok')
  expect(read('Bearer eu-1')).toBe('wrong')
  expect(read(undefined)).toBe('missing')
  expect(ingest('Bearer main-1')).toEqual({ kind: 'ok' })
  expect(ingest(undefined)).toEqual({ kind: 'missing' })
})

test('while tokens change an unknown one is asked to come again, for a minute', () => {
  const { ingest, write, clock } = authoriser({ eu: 'eu-1', us: 'us-1' }, 'main-1')
  write('us', 'us-2')
  clock.nowMs = 1500
  expect(ingest('Bearer us-3')).toEqual({ kind: 'rotating' })
  expect(ingest('Bearer us-1')).toEqual({ kind: 'ok', source: 'us' })
  clock.nowMs = 62_000
  expect(ingest('Bearer us-3')).toEqual({ kind: 'wrong' })
  expect(ingest('Bearer us-1')).toEqual({ kind: 'wrong' })
  expect(ingest('Bearer us-2')).toEqual({ kind: 'ok', source: 'us' })
})

test('two sources with one token are refused at the start', () => {
  expect(() => authoriser({ eu: 'one', us: 'two\none' })).toThrow(/eu and us have the same token/u)
})
