import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { expect } from 'vitest'

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const chromiumPath = process.env['CHROME_PATH'] ?? '/usr/bin/chromium'

/**
 * Why no browser test can run here; `undefined` where they can. On CI they must: a missing browser
 * is then a failed launch and not a skip.
 */
export const skipReason: string | undefined =
  existsSync(chromiumPath) || process.env['CI'] !== undefined
    ? undefined
    : `no Chromium at ${chromiumPath}: install it, or set CHROME_PATH`

if (skipReason !== undefined) process.stderr.write(`browser tests are skipped: ${skipReason}\n`)

export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: [...ARGS, ...args] })
}

export interface WatchedPage {
  readonly page: Page
  /** Whatever should never happen: script errors, policy violations, dialogs, foreign requests. */
  readonly troubles: string[]
}

export interface PageOptions {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** The page's clock, so that ages and screenshots are the same in every run. */
  readonly nowMs?: number
}

/** A fresh page that writes down everything that should never happen. */
export async function openWatched(
  browser: Browser,
  options: PageOptions = {},
): Promise<WatchedPage> {
  const { theme = 'light', width = 1280, height = 720, nowMs } = options
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
  const page = await context.newPage()
  if (nowMs !== undefined) await page.clock.setFixedTime(nowMs)
  const troubles: string[] = []
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', (event) =>
       console.error('policy violation: ' + event.violatedDirective + ' ' + event.blockedURI))`,
  )
  page.on('pageerror', (error) => troubles.push(`page error: ${error.message}`))
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    const text = message.text()
    // A refused connection is what some tests are about; the browser logs each.
    const isExpected = text.startsWith('Failed to load resource')
    if (message.type() === 'error' && !isExpected) troubles.push(text)
  })
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url())
    if (protocol !== 'data:' && hostname !== '127.0.0.1') troubles.push(`request: ${request.url()}`)
  })
  return { page, troubles }
}

export async function closeWatched({ page, troubles }: WatchedPage): Promise<void> {
  await page.context().close()
  expect(troubles).toEqual([])
}
