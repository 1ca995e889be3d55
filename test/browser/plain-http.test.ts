import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerLoaded } from './answers.ts'
import { launchChromium, openWatched, skipReason } from './chromium.ts'
import { buildPage, startPageServer, type PageServer } from './page-server.ts'
import * as fixtures from './wire-fixtures.ts'

/**
 * Many analyzers are reached over plain HTTP at another machine's name. Browsers take that for less
 * than loopback, and leave things out there: random UUIDs, the clipboard.
 */
const HOST = 'analyzer.test'

describe.skipIf(skipReason !== undefined)('over plain HTTP from another machine', () => {
  let browser: Browser
  let server: PageServer

  beforeAll(async () => {
    await buildPage()
    browser = await launchChromium([`--host-resolver-rules=MAP ${HOST} 127.0.0.1`])
    server = await startPageServer(answerLoaded)
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })

  test('views are reached, and incidents are acted on', async () => {
    const sent: unknown[] = []
    server.answer = (path, posted) => {
      if (posted === undefined) return answerLoaded(path)
      sent.push(posted)
      return { body: { ...fixtures.incident, state: 'acknowledged', stateBy: 'ana' } }
    }
    const { page, troubles } = await openWatched(browser, { nowMs: fixtures.NOW_MS })
    const url = server.url.replace('127.0.0.1', HOST)
    await page.goto(url)
    expect(await page.evaluate('isSecureContext')).toBe(false)
    await page.getByRole('link', { name: 'Incidents', exact: true }).click()
    await page.getByRole('heading', { name: 'Incidents', exact: true }).waitFor()
    expect(page.url()).toBe(`${url}/incidents`)
    await page.locator('.row-link').first().click()
    await page.locator('.acts').waitFor()
    await page.keyboard.press('a')
    await page.getByLabel('Your name').fill('ana')
    await page.keyboard.press('Enter')
    await page.getByText('Acknowledged by ana').waitFor()
    expect(sent).toEqual([{ kind: 'acknowledge', by: 'ana' }])
    await page.context().close()
    expect(troubles.filter((trouble) => !trouble.startsWith(`request: ${url}/`))).toEqual([])
  })
})
