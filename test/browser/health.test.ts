import { AxeBuilder } from '@axe-core/playwright'
import { describe, expect, test } from 'vitest'
import { answerEmpty, answerLoaded } from './answers.ts'
import { closeWatched, openWatched, skipReason } from './chromium.ts'
import type { Answer } from './page-server.ts'
import { screenshots, setUpServedPage } from './set-up-page.ts'
import * as fixtures from './wire-fixtures.ts'

const answerTroubled: Answer = (path) => {
  const [name] = path.split('?')
  const health = fixtures.healthInTrouble
  if (name === 'health') return { body: health }
  if (name === 'overview') return { body: { ...fixtures.overview, health } }
  return answerLoaded(path)
}

describe.skipIf(skipReason !== undefined)('the health of the analyzer', () => {
  const at = setUpServedPage()

  for (const theme of ['light', 'dark'] as const) {
    test(`is told in words, with the next step, and accessible in the ${theme} theme`, async () => {
      at.server.answer = answerTroubled
      const watched = await openWatched(at.browser, { theme, nowMs: fixtures.NOW_MS })
      const { page } = watched
      await page.goto(at.server.url)
      const strip = page.getByRole('region', { name: 'Health of the analyzer' })
      await strip.waitFor()
      expect(await strip.textContent()).toContain('Spans cannot be stored')
      expect(await strip.textContent()).toContain('database or disk is full')
      expect(await strip.textContent()).toContain('more things to look at')
      await page.screenshot({ path: `${screenshots}/health-strip-${theme}.png`, fullPage: true })
      await page.getByRole('button', { name: /Spans cannot be stored/u }).click()
      const dialog = page.getByRole('dialog', { name: 'Health of the analyzer' })
      await dialog.waitFor()
      const text = (await dialog.textContent()) ?? ''
      for (const words of [
        'Nothing is judged',
        'The disk is nearly full',
        '384 MiB are free',
        '10.20.0.7 is refused: it shows no token',
        'OTEL_EXPORTER_OTLP_HEADERS',
        'litellm-eu has never sent anything',
        'time-invalid 12',
        '116 MiB of 128 MiB',
      ]) {
        expect(text).toContain(words)
      }
      await page.screenshot({ path: `${screenshots}/health-dialog-${theme}.png` })
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([])
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await closeWatched(watched)
    })
  }

  test('is one quiet line where nothing is wrong, and opens by keyboard', async () => {
    at.server.answer = answerLoaded
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    const { page } = watched
    await page.goto(at.server.url)
    const mark = page.getByRole('button', { name: /Receiving/u })
    await mark.waitFor()
    expect(await page.getByRole('region', { name: 'Health of the analyzer' }).count()).toBe(0)
    await mark.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: 'Health of the analyzer' })
    expect(await dialog.textContent()).toContain('nothing needs you')
    await dialog.getByText('1 thing its spans cannot show').click()
    const [sentence = ''] = fixtures.health.sources[0]?.cannotShow ?? []
    await dialog.getByText(sentence).waitFor()
    expect(await dialog.textContent()).toContain('40 spans that are understood and tell of none')
    await dialog.getByRole('button', { name: 'Close' }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement?.className')).toBe('health')
    await closeWatched(watched)
  })

  test('before the first span it says who was refused, beside how to connect', async () => {
    const { refused } = fixtures.healthInTrouble
    const health = { ...fixtures.healthBeforeFirstSpan, refused }
    at.server.answer = (path) =>
      path.startsWith('overview')
        ? { body: { ...fixtures.overviewBeforeFirstSpan, health } }
        : answerEmpty(path)
    const watched = await openWatched(at.browser, { nowMs: fixtures.NOW_MS })
    const { page } = watched
    await page.goto(at.server.url)
    await page.getByRole('heading', { name: 'Waiting for the first span' }).waitFor()
    const strip = page.getByRole('region', { name: 'Health of the analyzer' })
    expect(await strip.textContent()).toContain('10.20.0.7 is refused')
    await closeWatched(watched)
  })

  test('fits a width of 320 px', async () => {
    at.server.answer = answerTroubled
    const watched = await openWatched(at.browser, {
      width: 320,
      height: 700,
      nowMs: fixtures.NOW_MS,
    })
    const { page } = watched
    await page.goto(at.server.url)
    await page.getByRole('button', { name: /Spans cannot be stored/u }).click()
    await page.getByRole('dialog').waitFor()
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(overflow).toBeLessThanOrEqual(0)
    await page.screenshot({ path: `${screenshots}/health-dialog-narrow.png` })
    await closeWatched(watched)
  })
})
