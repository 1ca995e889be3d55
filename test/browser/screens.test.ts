import { AxeBuilder } from '@axe-core/playwright'
import { describe, expect, test } from 'vitest'
import { ANSWERS, answerLoaded, type AnalyzerState } from './answers.ts'
import { closeWatched, openWatched, skipReason } from './chromium.ts'
import { screenshots, setUpServedPage } from './set-up-page.ts'
import { incident, NOW_MS, TRACE_ID, windowIncident } from './wire-fixtures.ts'

const SCREENS = {
  overview: '/',
  incidents: '/incidents',
  incident: `/incidents/${incident.id}`,
  'window-incident': `/incidents/${windowIncident.id}`,
  requests: '/requests',
  traces: '/traces',
  trace: `/traces/${TRACE_ID}?span=a1a2c3d4e5f60718`,
  rules: '/rules',
  'not-found': '/nowhere/at/all',
} as const

/** All of WCAG to level AA; axe's own advice beyond it is never more than moderate. */
const AXE_TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

const THEMES = ['light', 'dark'] as const
const STATES = ['loaded', 'empty', 'error'] as const satisfies readonly AnalyzerState[]

describe.skipIf(skipReason !== undefined)('every screen', () => {
  const served = setUpServedPage()

  for (const theme of THEMES) {
    for (const state of STATES) {
      test(`is accessible in the ${theme} theme when ${state}`, async () => {
        served.server.answer = ANSWERS[state]
        const watched = await openWatched(served.browser, { theme, nowMs: NOW_MS })
        const { page } = watched
        const grave: unknown[] = []
        for (const [name, path] of Object.entries(SCREENS)) {
          await page.goto(served.server.url + path)
          await page.locator('main h1').waitFor()
          await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
          await page.screenshot({ path: `${screenshots}/${name}-${theme}-${state}.png` })
          const { violations } = await new AxeBuilder({ page }).withTags(AXE_TAGS).analyze()
          for (const { id, impact, nodes } of violations) {
            if (impact !== 'serious' && impact !== 'critical') continue
            grave.push({ screen: name, id, at: nodes.map((node) => node.html) })
          }
        }
        expect(grave).toEqual([])
        await closeWatched(watched)
      }, 120_000)
    }
  }

  test('fits a width of 320 px without a sideways scroll', async () => {
    served.server.answer = answerLoaded
    const watched = await openWatched(served.browser, { width: 320, height: 700, nowMs: NOW_MS })
    const { page } = watched
    for (const [name, path] of Object.entries(SCREENS)) {
      await page.goto(served.server.url + path)
      await page.locator('main h1').waitFor()
      await page.locator('[aria-busy=true]').waitFor({ state: 'detached' })
      const overflow = await page.evaluate<number>(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect({ name, fits: overflow <= 0 }).toEqual({ name, fits: true })
      await page.screenshot({ path: `${screenshots}/${name}-narrow.png`, fullPage: true })
    }
    await closeWatched(watched)
  }, 60_000)

  for (const theme of THEMES) {
    test(`shows the root cause above the fold in the ${theme} theme`, async () => {
      served.server.answer = answerLoaded
      const watched = await openWatched(served.browser, { theme, nowMs: NOW_MS })
      const { page } = watched
      await page.goto(`${served.server.url}/incidents/${incident.id}`)
      const box = await page.locator('.root-cause').boundingBox()
      expect(box?.y).toBeGreaterThan(0)
      expect((box?.y ?? Infinity) + (box?.height ?? 0)).toBeLessThan(720)
      const message = await page.locator('[data-root-cause] .error-text').boundingBox()
      expect((message?.y ?? Infinity) + (message?.height ?? 0)).toBeLessThan(720)
      await closeWatched(watched)
    })
  }
})
