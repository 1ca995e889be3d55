import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { toWireRules } from '../../analyzer/api/to-wire-rules.ts'
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

describe.skipIf(skipReason !== undefined)('what an incident and its class say', () => {
  let browser: Browser
  let server: PageServer
  let watched: WatchedPage
  let page: Page
  const open = async (path: string): Promise<void> => {
    await page.goto(server.url + path)
    await page.locator('main h1').waitFor()
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
  }

  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true })
    await buildPage()
    browser = await launchChromium()
    server = await startPageServer((path) =>
      path === 'rules' ? { body: toWireRules() } : answerLoaded(path),
    )
  })
  afterAll(async () => {
    await browser.close()
    await server.close()
  })
  beforeEach(async () => {
    watched = await openWatched(browser, { nowMs: fixtures.NOW_MS })
    page = watched.page
  })
  afterEach(async () => {
    await closeWatched(watched)
  })

  test('marks the releases that run here, and what changed before it began', async () => {
    await open(`/incidents/${fixtures.incident.id}`)
    expect(await page.locator('.changed').textContent()).toBe(
      'release 1.97.0 → 1.109.1, first seen 4 min before the first of these requests',
    )
    const releases = page.getByRole('region', { name: /^Releases/u })
    expect(await releases.textContent()).toContain('here: litellm 1.95.1')
    expect(await releases.getByRole('listitem').first().textContent()).toContain(
      'LiteLLM 1.74.15 to 1.96 Runs here',
    )
    await page.screenshot({ path: `${screenshots}/incident-whole.png`, fullPage: true })
  })

  test('names callers on the incident, in the requests and in the trace', async () => {
    await open(`/incidents/${fixtures.incident.id}`)
    const callers = page.getByRole('region', { name: 'Who is hit' })
    expect(await callers.textContent()).toContain('9 requestssearch / search-prod')
    expect(await page.locator('.client-saw').textContent()).toContain('search / search-prod')
    await open('/requests')
    expect(await page.locator('.request-api').first().textContent()).toBe(
      'chat, stream · search / search-prod',
    )
    await open(`/traces/${fixtures.TRACE_ID}`)
    expect(await page.locator('.trace-request').textContent()).toContain('search / search-prod')
  })

  test('does not pass one request off as what only many show, and lists what was folded', async () => {
    await open(`/incidents/${fixtures.windowIncident.id}`)
    const verdict = page.locator('.verdict')
    expect(await verdict.textContent()).toContain('failed every request of claude-primary')
    expect(await verdict.textContent()).toContain('Likely')
    expect(await page.getByText('Only many requests together show this.').count()).toBe(1)
    expect(await page.locator('.strip').textContent()).toContain('Minutes7')
    expect(await page.getByText('7 of 7 minutes').count()).toBe(1)
    const folded = page.getByRole('region', { name: 'Folded into this incident' })
    expect(await folded.getByRole('row').allTextContents()).toEqual([
      'RouteProviderCauseCount',
      'claude-primary → claude-fallbackanthropicoverloaded_error mid_stream31',
      'unknownunknowntimeout6',
    ])
    expect(await folded.textContent()).toContain('and 3 further kinds')
    expect(await page.getByRole('region', { name: /^Releases/u }).count()).toBe(0)
    await page.screenshot({ path: `${screenshots}/window-incident.png`, fullPage: true })
  })

  test('lists every class by severity, with when it opens, what it needs and its page', async () => {
    await open('/rules')
    const { rules } = toWireRules()
    expect(await page.locator('.rules > li').count()).toBe(rules.length)
    const ids = await page.locator('.rules .rule-id').allTextContents()
    const bySeverity = (['high', 'medium', 'info'] as const).flatMap((severity) =>
      rules.filter((rule) => rule.severity === severity).map(({ id }) => id),
    )
    expect(ids).toEqual(bySeverity)
    const text = await page.locator('#cooldown-missed').textContent()
    expect(text).toContain('where many requests of a route show it')
    expect(text).toContain('where attempts went')
    await page.screenshot({ path: `${screenshots}/rules-all.png`, fullPage: true })
    const named = await page.getByRole('link', { name: 'What it means and what to do' }).all()
    const links = await Promise.all(named.map((link) => link.getAttribute('href')))
    expect(links).toHaveLength(rules.length)
    for (const link of links) {
      const response = await page.request.get(`${server.url}${link}`)
      const [, id] = /^\/docs\/rules\/(.+)\.txt$/u.exec(link ?? '') ?? []
      expect(response.headers()['content-type']).toBe('text/plain; charset=utf-8')
      expect(await response.text()).toContain(`# ${id}: `)
    }
  })
})
