/** Why a file of spans cannot be read, in words for the terminal. */
export function describeReadError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EISDIR':
      return 'it is a directory; name the files in it'
    case 'EACCES':
      return 'it may not be read (permission denied)'
    default:
      return `it cannot be read (${String(code ?? error)})`
  }
}
