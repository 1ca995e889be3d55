import { describe, expect, test } from 'vitest'
import type { WireIncidentList } from '../../analyzer/api/wire.ts'
import { answerEmpty, answerLoaded, answerNothing } from './answers.ts'
import { skipReason } from './chromium.ts'
import type { Answer } from './page-server.ts'
import { setUpOpenPage } from './set-up-page.ts'
import * as fixtures from './wire-fixtures.ts'

/** Replaces the answer of one path and leaves the rest as it is. */
function withAnswer(name: string, body: unknown, rest: Answer = answerLoaded): Answer {
  return (path) => (path.split('?')[0] === name ? { body } : rest(path))
}

describe.skipIf(skipReason !== undefined)('the page in use', () => {
  const at = setUpOpenPage()
  const { open, focused } = at
  const address = (): string => at.page.url().slice(at.server.url.length)

  test('leads from the overview to the incident, its columns, its trace and its span by keyboard', async () => {
    await open('/')
    await at.page.keyboard.press('g')
    await at.page.keyboard.press('i')
    await at.page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor()
    await at.page.locator('[data-row]').first().waitFor()
    await at.page.keyboard.press('j')
    expect(await focused()).toBe('Fallback refused the assistant prefill')
    await at.page.keyboard.press('j')
    await at.page.keyboard.press('k')
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('heading', { name: 'What really failed' }).waitFor()
    expect(await at.page.title()).toBe('Fallback refused the assistant prefill · Secondwind')
    const left = at.page.locator('.really-failed')
    const right = at.page.locator('.client-saw')
    expect(await left.textContent()).toContain('529 overloaded_error')
    expect(await left.locator('[data-root-cause]').textContent()).toContain('claude-sonnet-4-6')
    expect(await left.locator('[data-consequence]').textContent()).toContain(
      fixtures.PREFILL_REFUSED,
    )
    expect(await right.textContent()).toContain('HTTP 200')
    expect(await right.textContent()).toContain('This is not what really failed')
    await at.page.keyboard.press('j')
    await at.page.keyboard.press('Enter')
    await at.page.getByRole('heading', { level: 1, name: 'Trace' }).waitFor()
    await at.page.locator('.waterfall-row').first().waitFor()
    await at.page.keyboard.press('e')
    expect(address()).toBe(`/traces/${fixtures.TRACE_ID}?span=a1a2c3d4e5f60718`)
    await at.page.keyboard.press('E')
    await at.page.keyboard.press('E')
    expect(address()).toBe(`/traces/${fixtures.TRACE_ID}?span=b1a2c3d4e5f60718`)
    expect(await at.page.locator('.span-panel').textContent()).toContain(fixtures.PREFILL_REFUSED)
    await at.page.goBack()
    await at.page.getByRole('heading', { name: 'What really failed' }).waitFor()
    await at.page.keyboard.press('Escape')
    await at.page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor()
  })

  test('opens any view from its URL alone, filters included', async () => {
    await open('/incidents?q=skipped&severity=high')
    expect(await at.page.locator('[data-row]').allTextContents()).toEqual(['Fallback skipped'])
    expect(await at.page.getByRole('searchbox').inputValue()).toBe('skipped')
    await at.page.keyboard.press('/')
    await at.page.keyboard.press('Control+A')
    await at.page.keyboard.type('j nothing')
    expect(address()).toBe('/incidents?q=j+nothing&severity=high')
    await at.page.getByRole('heading', { name: 'No incident matches this filter' }).waitFor()
    await at.page.getByRole('link', { name: 'Clear the filter' }).click()
    await expect.poll(() => at.page.locator('[data-row]').count()).toBe(4)
    await at.page.goBack()
    expect(address()).toBe('/incidents?q=j+nothing&severity=high')
  })

  test('says how far back a text was searched, and never that nothing is there when more is unsearched', async () => {
    const list = {
      ...fixtures.requestList,
      requests: [],
      next: 'further',
      searchedBackTo: '2026-03-01T08:00:00.000Z',
    }
    at.server.answer = withAnswer('requests', list)
    await open('/requests?q=quux')
    const extent = at.page.getByRole('status').filter({ hasText: 'Searched back to' })
    await extent.waitFor()
    expect(await extent.locator('time').getAttribute('datetime')).toBe(list.searchedBackTo)
    expect(await at.page.getByText('No request matches').count()).toBe(0)
    at.server.answer = withAnswer('requests', { ...list, next: null, searchedBackTo: null })
    await at.page.getByRole('link', { name: 'Older' }).click()
    await at.page.getByRole('heading', { name: 'No request matches' }).waitFor()
    expect(address()).toBe('/requests?q=quux&before=further')
  })

  test('keeps the keys of a trace when it is returned to, and Esc goes back to where one came from', async () => {
    await open(`/incidents/${fixtures.incident.id}`)
    await at.page.getByRole('link', { name: 'Open the trace' }).click()
    await at.page.locator('.waterfall-row').first().waitFor()
    await at.page.goBack()
    await at.page.locator('.two-columns').waitFor()
    await at.page.goForward()
    await at.page.locator('.waterfall-row').first().waitFor()
    const before = address()
    await at.page.keyboard.press('j')
    await expect.poll(address).not.toBe(before)
    await at.page.keyboard.press('Escape')
    await at.page.locator('.two-columns').waitFor()
    expect(address()).toBe(`/incidents/${fixtures.incident.id}`)
    await at.page.keyboard.press('Escape')
    await at.page.getByRole('heading', { level: 1, name: 'Incidents' }).waitFor()
  })

  test('shows the keys, and closes the help with Esc without leaving the view', async () => {
    await open(`/incidents/${fixtures.incident.id}`)
    await at.page.keyboard.press('?')
    await at.page.getByRole('dialog').waitFor()
    await at.page.keyboard.press('j')
    await at.page.keyboard.press('Escape')
    await at.page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(address()).toBe(`/incidents/${fixtures.incident.id}`)
    await at.page.keyboard.press('?')
    await at.page.getByRole('dialog').waitFor()
  })

  test('opens the help again in the very moment of its closing', async () => {
    await open('/')
    await at.page.keyboard.press('?')
    await at.page.getByRole('dialog').waitFor()
    // The browser tells of a closing in a task of its own, later than whatever is pressed now.
    const isOpen = await at.page.evaluate<boolean>(`new Promise((resolve) => {
      const dialog = document.querySelector('dialog[open]')
      dialog.addEventListener('close', () => setTimeout(() => resolve(dialog.open)))
      dialog.close()
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }))
    })`)
    expect(isOpen).toBe(true)
  })

  test('changes the theme by key and keeps it over a reload, without a flash', async () => {
    await open('/')
    const canvas = 'getComputedStyle(document.body).backgroundColor'
    const light = await at.page.evaluate<string>(canvas)
    await at.page.keyboard.press('d')
    await at.page.keyboard.press('d')
    expect(await at.page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
    const dark = await at.page.evaluate<string>(canvas)
    expect(dark).not.toBe(light)
    // Nothing is painted before there is a body: by then the theme must be known.
    await at.page.addInitScript(
      `new MutationObserver((changes, observer) => {
         if (document.body === null) return
         window.themeAtBody = document.documentElement.dataset.theme
         observer.disconnect()
       }).observe(document, { childList: true, subtree: true })`,
    )
    await at.page.reload()
    await at.page.locator('main h1').waitFor()
    expect(await at.page.evaluate('window.themeAtBody')).toBe('dark')
    expect(await at.page.evaluate(canvas)).toBe(dark)
    await at.page.keyboard.press('d')
    expect(await at.page.evaluate(canvas)).toBe(light)
  })

  test('does not move rows under the pointer, says what waits, and lets it in', async () => {
    await open('/incidents')
    await at.page.locator('.list tbody tr').nth(1).hover()
    const before = await at.page.locator('[data-row]').allTextContents()
    const fresh: WireIncidentList = {
      ...fixtures.incidentList,
      incidents: [
        { ...fixtures.incidentRow, id: 'inc-new', title: 'Just now', lastSeen: fixtures.at(0) },
        ...fixtures.incidentList.incidents.map((row) => ({ ...row, count: row.count + 1000 })),
      ],
    }
    at.server.answer = withAnswer('incidents', fresh)
    at.server.announce()
    await at.page.getByRole('button', { name: '1 new incident: show' }).waitFor()
    expect(await at.page.locator('[data-row]').allTextContents()).toEqual(before)
    expect(await at.page.locator('td.count').first().textContent()).toBe('1,014')
    await at.page.getByRole('button', { name: '1 new incident: show' }).click()
    expect(await at.page.locator('[data-row]').first().textContent()).toBe('Just now')
  })

  test('keeps what it had when the analyzer goes away, says so, and recovers', async () => {
    await open('/')
    at.server.answer = answerNothing
    at.server.announce()
    await at.page.locator('.stale-note').waitFor()
    expect(await at.page.locator('.stale-note').textContent()).toContain('does not answer')
    expect(await at.page.locator('.figure-headline').textContent()).toContain('45 %')
    at.server.answer = answerLoaded
    at.server.announce()
    await at.page.locator('.stale-note').waitFor({ state: 'detached' })
  })

  test('says what an answer of the analyzer says when there is nothing else to show', async () => {
    at.server.answer = answerNothing
    await open('/')
    await at.page.getByRole('heading', { name: 'The analyzer does not answer' }).waitFor()
    at.server.answer = answerLoaded
    await open('/traces/00000000000000000000000000000000')
    await at.page.getByRole('heading', { name: 'Not found' }).waitFor()
    expect(await at.page.getByRole('alert').textContent()).toContain('removed by retention')
  })

  test('tells empty from broken: nothing ever came, nothing understood, nothing wrong', async () => {
    at.server.answer = answerEmpty
    for (const path of ['/', '/incidents']) {
      await open(path)
      await at.page.getByRole('heading', { name: 'Waiting for the first span' }).waitFor()
      const guide = await at.page.locator('.connect').textContent()
      expect(guide).toContain('callbacks: ["otel"]')
      expect(guide).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318')
      expect(guide).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf')
      expect(guide).toContain('LITELLM_OTEL_V2=true')
      expect(guide).toContain("base_url='http://127.0.0.1:4100/v1'")
    }
    at.server.answer = withAnswer('overview', {
      ...fixtures.overviewQuiet,
      health: fixtures.healthUnrecognised,
    })
    await open('/')
    await at.page.getByText('Spans arrive, but none tells of an LLM request').first().waitFor()
    at.server.answer = withAnswer('overview', fixtures.overviewQuiet)
    await open('/')
    const quiet = at.page.locator('.panel .empty')
    expect(await quiet.textContent()).toContain('No incidents.')
    expect(await quiet.textContent()).toContain('612 requests seen, last span 3 s ago.')
  })

  test('shows a share with its counts, and no percentage below twenty cases', async () => {
    at.server.answer = withAnswer('overview', {
      ...fixtures.overview,
      eligibleFailures: 4,
      unrescued: 3,
    })
    await open('/')
    expect(await at.page.locator('.figure-headline .figure-value').textContent()).toBe('3 of 4')
  })

  test('has the figures of the chart as a table', async () => {
    await open('/')
    await at.page.getByText('Show as a table').click()
    const rows = at.page.locator('.chart-table tbody tr')
    expect(await rows.count()).toBe(60)
  })

  test('bears a trace of 5,000 spans and jumps to an error far below', async () => {
    const big = fixtures.bigTrace(5000)
    at.server.answer = withAnswer(`traces/${fixtures.TRACE_ID}`, big)
    await open(`/traces/${fixtures.TRACE_ID}`)
    await at.page.locator('.waterfall-row').first().waitFor()
    expect(await at.page.locator('.waterfall-row').count()).toBeLessThan(80)
    await at.page.keyboard.press('e')
    const selected = at.page.locator('.waterfall-row[aria-selected=true]')
    expect(await selected.textContent()).toContain('ERROR')
    expect(await at.page.locator('.span-panel').textContent()).toContain('broken at')
    await at.page.getByRole('treegrid').focus()
    await at.page.keyboard.press('End')
    await at.page.locator('.waterfall-row[aria-rowindex="5000"][aria-selected=true]').waitFor()
  })

  test('folds and unfolds a span by arrow keys, and keeps count of the errors below', async () => {
    await open(`/traces/${fixtures.TRACE_ID}?span=a1a2c3d4e5f60718`)
    const rows = at.page.locator('.waterfall-row')
    await expect.poll(() => rows.count()).toBe(7)
    await at.page.getByRole('treegrid').focus()
    await at.page.keyboard.press('ArrowLeft')
    await expect.poll(() => rows.count()).toBe(5)
    expect(await at.page.locator('[aria-expanded=false]').textContent()).toContain(
      '2 spans, 1 error',
    )
    await at.page.keyboard.press('ArrowRight')
    await expect.poll(() => rows.count()).toBe(7)
  })

  test('opens a trace by an id that was pasted', async () => {
    await open('/traces')
    await at.page.getByLabel('Trace id').fill(` ${fixtures.TRACE_ID.toUpperCase()} `)
    await at.page.keyboard.press('Enter')
    await at.page.locator('.waterfall-row').first().waitFor()
    expect(address()).toBe(`/traces/${fixtures.TRACE_ID}`)
  })

  test('names the other trace of a request that was split over two', async () => {
    await open(`/traces/${fixtures.TRACE_ID}?span=beefbeefbeefbeef`)
    const note = at.page.locator('.other-traces')
    expect(await note.textContent()).toContain('beefbeefbeefbeef is not in this trace')
    expect(await note.getByRole('link').getAttribute('href')).toBe(
      '/traces/940f35db51b34ec711e3e6cc8ff78cea?span=beefbeefbeefbeef',
    )
  })
})
