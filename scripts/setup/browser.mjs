// A Chromium for the browser tests: they find it themselves, this only sees to it that one is
// there.
import { existsSync } from 'node:fs'
import { run, say, step } from './progress.mjs'

const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Installed only where it harms nobody: on a machine that says it is CI, as root, with apt. */
export async function ensureBrowser() {
  const named = process.env.CHROME_PATH
  if (named !== undefined && existsSync(named)) return
  if (CHROMIUMS.some((path) => existsSync(path))) return
  const isRoot = process.getuid?.() === 0
  if (!process.env.CI || !isRoot || !existsSync('/usr/bin/apt-get')) {
    say('no Chromium was found: browser tests will be skipped (set CHROME_PATH to one)')
    return
  }
  await step('installing Chromium for the browser tests', async () => {
    await run('apt-get', ['update'], {})
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
  })
}
