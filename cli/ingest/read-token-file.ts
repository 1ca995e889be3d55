import { readFileSync } from 'node:fs'

import { CommandError } from '../command-error.ts'

/** The token to send: the first one, where a file holds the old and the new. */
export function readTokenFile(path: string, flag = '--token-file'): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8').trim()
  } catch (error: unknown) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw tokenUnusable(`${flag} ${path}`, `it cannot be read (${code})`)
  }
  const [first = ''] = text.split('\n')
  if (first === '' || /[^\x21-\x7e]/u.test(first))
    throw tokenUnusable(`${flag} ${path}`, 'it holds no token')
  return first
}

function tokenUnusable(what: string, why: string): CommandError {
  return new CommandError('TOKEN_FILE_UNUSABLE', {
    message: `${what}: ${why}`,
    hint: 'a file with one token on one line, the one of the analyzer',
  })
}
