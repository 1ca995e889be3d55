import { AxeBuilder } from '@axe-core/playwright'
import { describe, expect, test } from 'vitest'
import type { WireFormerIncident, WireIncidentList } from '../../analyzer/api/wire.ts'
import { answerError, answerLoaded } from './answers.ts'
import { closeWatched, openWatched, skipReason } from './chromium.ts'
import { screenshots, setUpServedPage } from './set-up-page.ts'
import * as fixtures from './wire-fixtures.ts'

const former: readonly WireFormerIncident[] = [
  {
    id: 'inc-00000000000000f1',
    acts: 12,
    done: [
      {
        at: fixtures.at(3_600_000),
        kind: 'noted',
        by: 'ana',
        note: 'The key of eu-west had expired.\nRotated at 03:10.',
        until: null,
      },
      { at: fixtures.at(1_800_000), kind: 'muted', by: 'bo', note: null, until: fixtures.at(0) },
    ],
  },
  {
    id: 'inc-00000000000000f2',
    acts: 1,
    done: [
      { at: fixtures.at(7_200_000), kind: 'resolved', by: '<b>eve</b>', note: null, until: null },
    ],
  },
]

const withFormer: WireIncidentList = { ...fixtures.incidentList, former }

describe.skipIf(skipReason !== undefined)('incidents that are no more', () => {
  const at = setUpServedPage()
  const serve = (body: WireIncidentList): void => {
    at.server.answer = (path) => (path.startsWith('incidents?') ? { body } : answerLoaded(path))
  }

  test('stand folded at the foot of the list, and tell who did what and when', async () => {
    serve(withFormer)
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    const { page } = watched
    await page.goto(`${at.server.url}/incidents`)
    const foot = page.locator('.former')
    expect(await foot.locator('summary').textContent()).toBe(
      '2 incidents that were acted on are no more',
    )
    expect(await foot.getByText('Rotated at 03:10.').isVisible()).toBe(false)
    await foot.locator('summary').focus()
    await page.keyboard.press('Enter')
    await foot.getByText('Rotated at 03:10.').waitFor()
    expect(await foot.locator('h2').allTextContents()).toEqual([
      'inc-00000000000000f1the last 2 of 12 acts',
      'inc-00000000000000f2',
    ])
    expect(await foot.locator('.history > li').allTextContents()).toEqual([
      '05:06:07Note by anaThe key of eu-west had expired.\nRotated at 03:10.',
      '05:36:07Muted by bo until 06:06:07',
      '04:06:07Resolved by <b>eve</b>',
    ])
    // It is found by what was said, and no severity is known of it.
    await page.getByRole('searchbox').fill('rotated EU-west')
    await page.getByText('1 incident that was acted on is no more').waitFor()
    await page.goto(`${at.server.url}/incidents?severity=high`)
    await page.locator('tr .row-link').first().waitFor()
    expect(await foot.count()).toBe(0)
    await closeWatched(watched)
  })

  test('say how many more there are than are listed, and how one of those is found', async () => {
    serve({ ...withFormer, formerMore: 1203 })
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    await watched.page.goto(`${at.server.url}/incidents`)
    const foot = watched.page.locator('.former')
    expect(await foot.locator('summary').textContent()).toBe(
      '2 incidents that were acted on are no more, and 1,203 that are not listed here',
    )
    await foot.locator('summary').click()
    await foot.getByText('1,203 more were acted on before these').waitFor()
    expect(await foot.textContent()).toContain('secondwind incidents show ID')
    await closeWatched(watched)
  })

  test('are nowhere where there are none, where nothing could be read, and while verdicts are derived', async () => {
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    const { page } = watched
    serve(fixtures.incidentList)
    await page.goto(`${at.server.url}/incidents`)
    await page.locator('tr .row-link').first().waitFor()
    expect(await page.locator('.former').count()).toBe(0)
    at.server.answer = answerError
    await page.goto(`${at.server.url}/incidents?state=muted`)
    await page.getByRole('alert').waitFor()
    expect(await page.locator('.former').count()).toBe(0)
    serve({ ...fixtures.incidentList, deriving: true })
    await page.goto(`${at.server.url}/incidents`)
    await page.getByText('verdicts are being derived anew, others are still to come').waitFor()
    await closeWatched(watched)
  })

  test('an empty list is no all-clear while verdicts are derived', async () => {
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    const { page } = watched
    serve({ ...fixtures.incidentList, incidents: [], deriving: true })
    await page.goto(`${at.server.url}/incidents`)
    await page.getByText('None so far: verdicts are being derived anew').waitFor()
    const { lag } = fixtures.health
    const health = { ...fixtures.health, lag: { ...lag, derivingAnew: true } }
    at.server.answer = (path) => {
      if (path.startsWith('incidents?'))
        return { body: { ...fixtures.noIncidents, deriving: true } }
      if (!path.startsWith('overview')) return answerLoaded(path)
      return { body: { ...fixtures.overview, openIncidents: [], health } }
    }
    await page.goto(`${at.server.url}/incidents?state=all`)
    await page.getByText('None so far: verdicts are being derived anew').waitFor()
    await page.goto(at.server.url)
    const note = page.getByText('None so far: verdicts are being derived anew')
    await note.waitFor()
    expect(await page.getByText('No incidents').count()).toBe(0)
    await closeWatched(watched)
  })

  test('stand alone where no other incident is left', async () => {
    serve({ ...fixtures.noIncidents, former })
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    await watched.page.goto(`${at.server.url}/incidents`)
    const summary = await watched.page.locator('.former summary').textContent()
    expect(summary).toContain('2 incidents')
    await closeWatched(watched)
  })

  for (const theme of ['light', 'dark'] as const) {
    test(`are accessible in the ${theme} theme, and fit a narrow screen`, async () => {
      serve(withFormer)
      for (const width of [1280, 400]) {
        const own = await openWatched(at.browser, { theme, width, nowMs: fixtures.NOW_MS })
        await own.page.goto(`${at.server.url}/incidents`)
        await own.page.locator('.former summary').click()
        await own.page.screenshot({
          path: `${screenshots}/incidents-former-${theme}-${width}.png`,
          fullPage: true,
        })
        const { violations } = await new AxeBuilder({ page: own.page }).analyze()
        expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
        const overflow = await own.page.evaluate(
          'document.documentElement.scrollWidth - innerWidth',
        )
        expect(overflow).toBeLessThanOrEqual(0)
        await closeWatched(own)
      }
    }, 60_000)
  }
})
