import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { answerLoaded } from './answers.ts'
import {
  closeWatched,
  launchChromium,
  openWatched,
  skipReason,
  type WatchedPage,
} from './chromium.ts'
import { buildPage, startPageServer, type PageServer } from './page-server.ts'
import * as fixtures from './wire-fixtures.ts'

const screenshots = fileURLToPath(new URL('./screenshots', import.meta.url))

describe.skipIf(skipReason !== undefined)('outages and states', () => {
  let browser: Browser
  let server: PageServer
  let watched: WatchedPage
  let page: Page
  let asked: string[]
  const open = async (path: string): Promise<void> => {
    await page.goto(server.url + path)
    await page.locator('main h1').waitFor()
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
  }

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    await buildPage()
    browser = await launchChromium()
    server = await startPageServer(answerLoaded)
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })
  beforeEach(async () => {
    asked = []
    server.answer = (path) => {
      asked.push(path)
      const [name] = path.split('?')
      const { incidentList, outageList, overview } = fixtures
      if (name === 'incidents') return { body: { ...incidentList, incidents: outageList } }
      if (name === 'overview') return { body: { ...overview, openIncidents: outageList } }
      return answerLoaded(path)
    }
    watched = await openWatched(browser, { nowMs: fixtures.NOW_MS })
    page = watched.page
  })
  afterEach(async () => {
    await closeWatched(watched)
  })

  test('one outage is one row, which opens to its incidents by keyboard', async () => {
    await open('/incidents')
    expect(await page.locator('[data-row]').count()).toBe(4)
    const outage = page.locator('tr.episode')
    expect(await outage.textContent()).toContain('One outage, 2 incidents')
    await outage.getByText('overloaded · claude-primary-id').waitFor()
    expect(await outage.textContent()).toContain('release 1.97.0 → 1.109.1')
    // Seven minutes are no seven requests.
    expect(await outage.locator('td.count').textContent()).toBe('14')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.locator('tr[data-part]').first().waitFor()
    expect(await page.locator('tr[data-part] [data-row]').allTextContents()).toEqual([
      'Fallback refused the assistant prefill',
      'Primary dead for minutes, everything rescued',
    ])
    expect(await page.locator('tr[data-part] td.count').last().textContent()).toBe('7 min')
    await page.keyboard.press('Enter')
    await page.locator('tr[data-part]').first().waitFor({ state: 'detached' })
  })

  test('which outages are open is part of the link, and Back closes what was opened last', async () => {
    await open('/incidents?severity=all')
    const parts = page.locator('tr[data-part]')
    const outage = page.locator('tr.episode button')
    await page.evaluate('scrollTo(0, 40)')
    await outage.click()
    await parts.first().waitFor()
    const { id } = fixtures.episode
    expect(page.url()).toBe(`${server.url}/incidents?outage=${id}`)
    expect(await page.evaluate('document.activeElement?.getAttribute("aria-expanded")')).toBe(
      'true',
    )
    const link = page.url()
    await page.goBack()
    await parts.first().waitFor({ state: 'detached' })
    await page.goForward()
    await parts.first().waitFor()
    // Filters are typed without a step back, and close nothing.
    await page.getByRole('searchbox').fill('claude')
    await parts.first().waitFor()
    await outage.click()
    await parts.first().waitFor({ state: 'detached' })
    expect(page.url()).toBe(`${server.url}/incidents?q=claude`)
    // As a colleague opens it.
    const colleague = await openWatched(browser, { nowMs: fixtures.NOW_MS, height: 300 })
    await colleague.page.goto(link)
    await colleague.page.locator('tr[data-part]').first().waitFor()
    expect(await colleague.page.locator('tr.episode').isVisible()).toBe(true)
    await colleague.page.waitForFunction(
      'document.querySelector("tr.episode").getBoundingClientRect().bottom <= innerHeight',
    )
    await closeWatched(colleague)
  })

  test('an outage that is not in the list any more is said to be missing, with where to look', async () => {
    await open('/?outage=epi-gone')
    await page.getByText('is not in this list').waitFor()
    await page.getByRole('link', { name: 'Look among all incidents' }).click()
    await page.getByRole('heading', { name: 'Incidents', exact: true }).waitFor()
    expect(page.url()).toBe(`${server.url}/incidents?state=all&outage=epi-gone`)
    await page.getByText('is not in this list').waitFor()
    expect(await page.getByRole('link', { name: 'Look among all' }).count()).toBe(0)
  })

  test('those are shown that somebody has to see to, and the others by a filter that is a link', async () => {
    await open('/incidents')
    expect(asked).toContain('incidents?window=24h&state=open%2Cacknowledged%2Cregressed')
    const states = page.getByRole('navigation', { name: 'State' })
    expect(await states.getByRole('link').allTextContents()).toEqual([
      'Open 4',
      'Acknowledged 1',
      'Regressed 1',
      'Resolved 0',
      'Muted 0',
      'All 4',
    ])
    await states.getByRole('link', { name: 'Muted' }).click()
    await expect.poll(() => asked.includes('incidents?window=24h&state=muted')).toBe(true)
    expect(page.url()).toContain('/incidents?state=muted')
    await page.reload()
    await states.locator('[aria-current]', { hasText: 'Muted' }).waitFor()
  })

  test('what changed at a gateway stands over the chart, and below it in words', async () => {
    await open('/')
    expect(await page.locator('.marker').count()).toBe(2)
    const list = page.getByRole('list', { name: 'Changes' })
    expect(await list.getByRole('listitem').allTextContents()).toEqual([
      '05:36:07 litellm: release 1.97.0 → 1.109.1',
      '05:14:07 litellm: router config changed',
    ])
  })

  for (const theme of ['light', 'dark'] as const) {
    test(`are accessible in the ${theme} theme, and fit a narrow screen`, async () => {
      for (const width of [1280, 400]) {
        const own = await openWatched(browser, { theme, width, nowMs: fixtures.NOW_MS })
        for (const path of ['/incidents', '/']) {
          await own.page.goto(server.url + path)
          await own.page.locator('tr.episode button').first().click()
          await own.page.locator('tr[data-part]').first().waitFor()
          const name = path === '/' ? 'overview' : 'incidents'
          await own.page.screenshot({
            path: `${screenshots}/${name}-outage-${theme}-${width}.png`,
            fullPage: true,
          })
          const { violations } = await new AxeBuilder({ page: own.page }).analyze()
          expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual(
            [],
          )
        }
        await closeWatched(own)
      }
    }, 60_000)
  }
})
