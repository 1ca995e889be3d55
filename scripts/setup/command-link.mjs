// `npx secondwind` in a clone: npm links the commands of packages, not that of the folder itself.
import { chmodSync, lstatSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MAIN = 'dist/cli/main.js'
const LINK = 'node_modules/.bin/secondwind'
/** Seen from the link's folder. */
const TARGET = `../../${MAIN}`

export function isLinked(root) {
  // Somebody else's `.bin` is not ours to change.
  if (lstatSync(join(root, 'node_modules')).isSymbolicLink()) return true
  const link = join(root, LINK)
  const stat = lstatSync(link, { throwIfNoEntry: false })
  if (!stat) return false
  const isExecutable = (lstatSync(join(root, MAIN)).mode & 0o111) !== 0
  return process.platform === 'win32' || (isExecutable && readlinkSync(link) === TARGET)
}

export function linkCommand(root) {
  const link = join(root, LINK)
  rmSync(link, { force: true })
  if (process.platform === 'win32') {
    const main = String.raw`%~dp0\..\..\dist\cli\main.js`
    writeFileSync(`${link}.cmd`, `@node "${main}" %*\r\n`)
    writeFileSync(link, `#!/bin/sh\nexec node "$(dirname "$0")/${TARGET}" "$@"\n`)
    return
  }
  chmodSync(join(root, MAIN), 0o755)
  symlinkSync(TARGET, link)
}
