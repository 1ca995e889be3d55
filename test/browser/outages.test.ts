import { AxeBuilder } from '@axe-core/playwright'
import { beforeEach, describe, expect, test } from 'vitest'
import { answerLoaded } from './answers.ts'
import { closeWatched, openWatched, skipReason } from './chromium.ts'
import { screenshots, setUpOpenPage } from './set-up-page.ts'
import * as fixtures from './wire-fixtures.ts'

describe.skipIf(skipReason !== undefined)('outages and states', () => {
  const at = setUpOpenPage()
  const { open } = at
  let asked: string[]

  beforeEach(() => {
    asked = []
    at.server.answer = (path) => {
      asked.push(path)
      const [name] = path.split('?')
      const { incidentList, outageList, overview } = fixtures
      if (name === 'incidents') return { body: { ...incidentList, incidents: outageList } }
      if (name === 'overview') return { body: { ...overview, openIncidents: outageList } }
      return answerLoaded(path)
    }
  })

  test('one outage is one row, which opens to its incidents by keyboard', async () => {
    await open('/incidents')
    expect(await at.page.locator('[data-row]').count()).toBe(4)
    const outage = at.page.locator('tr.episode')
    expect(await outage.textContent()).toContain('One outage, 2 incidents')
    await outage.getByText('overloaded · claude-primary-id').waitFor()
    expect(await outage.textContent()).toContain('release 1.97.0 → 1.109.1')
    // Seven minutes are no seven requests.
    expect(await outage.locator('td.count').textContent()).toBe('14')
    await at.page.keyboard.press('j')
    await at.page.keyboard.press('Enter')
    await at.page.locator('tr[data-part]').first().waitFor()
    expect(await at.page.locator('tr[data-part] [data-row]').allTextContents()).toEqual([
      'Fallback refused the assistant prefill',
      'Primary dead for minutes, everything rescued',
    ])
    expect(await at.page.locator('tr[data-part] td.count').last().textContent()).toBe('7 min')
    await at.page.keyboard.press('Enter')
    await at.page.locator('tr[data-part]').first().waitFor({ state: 'detached' })
  })

  test('which outages are open is part of the link, and Back closes what was opened last', async () => {
    await open('/incidents?severity=all')
    const parts = at.page.locator('tr[data-part]')
    const outage = at.page.locator('tr.episode button')
    await at.page.evaluate('scrollTo(0, 40)')
    await outage.click()
    await parts.first().waitFor()
    const { id } = fixtures.episode
    expect(at.page.url()).toBe(`${at.server.url}/incidents?outage=${id}`)
    expect(await at.page.evaluate('document.activeElement?.getAttribute("aria-expanded")')).toBe(
      'true',
    )
    const link = at.page.url()
    await at.page.goBack()
    await parts.first().waitFor({ state: 'detached' })
    await at.page.goForward()
    await parts.first().waitFor()
    // Filters are typed without a step back, and close nothing.
    await at.page.getByRole('searchbox').fill('claude')
    await parts.first().waitFor()
    await outage.click()
    await parts.first().waitFor({ state: 'detached' })
    expect(at.page.url()).toBe(`${at.server.url}/incidents?q=claude`)
    // As a colleague opens it.
    const colleague = await openWatched(at.browser, { nowMs: fixtures.NOW_MS, height: 300 })
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
    await at.page.getByText('is not in this list').waitFor()
    await at.page.getByRole('link', { name: 'Look among all incidents' }).click()
    await at.page.getByRole('heading', { name: 'Incidents', exact: true }).waitFor()
    expect(at.page.url()).toBe(`${at.server.url}/incidents?state=all&outage=epi-gone`)
    await at.page.getByText('is not in this list').waitFor()
    expect(await at.page.getByRole('link', { name: 'Look among all' }).count()).toBe(0)
  })

  test('those are shown that somebody has to see to, and the others by a filter that is a link', async () => {
    await open('/incidents')
    expect(asked).toContain('incidents?window=24h&state=open%2Cacknowledged%2Cregressed')
    const states = at.page.getByRole('navigation', { name: 'State' })
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
    expect(at.page.url()).toContain('/incidents?state=muted')
    await at.page.reload()
    await states.locator('[aria-current]', { hasText: 'Muted' }).waitFor()
  })

  test('what changed at a gateway stands over the chart, and below it in words', async () => {
    await open('/')
    expect(await at.page.locator('.marker').count()).toBe(2)
    const list = at.page.getByRole('list', { name: 'Changes' })
    expect(await list.getByRole('listitem').allTextContents()).toEqual([
      '05:36:07 litellm: release 1.97.0 → 1.109.1',
      '05:14:07 litellm: router config changed',
    ])
  })

  for (const theme of ['light', 'dark'] as const) {
    test(`are accessible in the ${theme} theme, and fit a narrow screen`, async () => {
      for (const width of [1280, 400]) {
        const own = await openWatched(at.browser, { theme, width, nowMs: fixtures.NOW_MS })
        for (const path of ['/incidents', '/']) {
          await own.page.goto(at.server.url + path)
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
