import { describe, expect, test } from 'vitest'
import { toWireRules } from '../../analyzer/api/to-wire-rules.ts'
import { answerLoaded } from './answers.ts'
import { skipReason } from './chromium.ts'
import { screenshots, setUpOpenPage } from './set-up-page.ts'
import * as fixtures from './wire-fixtures.ts'

describe.skipIf(skipReason !== undefined)('what an incident and its class say', () => {
  const at = setUpOpenPage((path) =>
    path === 'rules' ? { body: toWireRules() } : answerLoaded(path),
  )
  const { open } = at

  test('marks the releases that run here, and what changed before it began', async () => {
    await open(`/incidents/${fixtures.incident.id}`)
    expect(await at.page.locator('.changed').textContent()).toBe(
      'release 1.97.0 → 1.109.1, first seen 4 min before the first of these requests',
    )
    const releases = at.page.getByRole('region', { name: /^Releases/u })
    expect(await releases.textContent()).toContain('here: litellm 1.95.1')
    expect(await releases.getByRole('listitem').first().textContent()).toContain(
      'LiteLLM 1.74.15 to 1.96 Runs here',
    )
    await at.page.screenshot({ path: `${screenshots}/incident-whole.png`, fullPage: true })
  })

  test('names callers on the incident, in the requests and in the trace', async () => {
    await open(`/incidents/${fixtures.incident.id}`)
    const callers = at.page.getByRole('region', { name: 'Who is hit' })
    expect(await callers.textContent()).toContain('9 requestssearch / search-prod')
    expect(await at.page.locator('.client-saw').textContent()).toContain('search / search-prod')
    await open('/requests')
    expect(await at.page.locator('.request-api').first().textContent()).toBe(
      'chat, stream · search / search-prod',
    )
    await open(`/traces/${fixtures.TRACE_ID}`)
    expect(await at.page.locator('.trace-request').textContent()).toContain('search / search-prod')
  })

  test('does not pass one request off as what only many show, and lists what was folded', async () => {
    await open(`/incidents/${fixtures.windowIncident.id}`)
    const verdict = at.page.locator('.verdict')
    expect(await verdict.textContent()).toContain('failed every request of claude-primary')
    expect(await verdict.textContent()).toContain('Likely')
    expect(await at.page.getByText('Only many requests together show this.').count()).toBe(1)
    expect(await at.page.locator('.strip').textContent()).toContain('Minutes7')
    expect(await at.page.getByText('7 of 7 minutes').count()).toBe(1)
    const folded = at.page.getByRole('region', { name: 'Folded into this incident' })
    expect(await folded.getByRole('row').allTextContents()).toEqual([
      'RouteProviderCauseCount',
      'claude-primary → claude-fallbackanthropicoverloaded_error mid_stream31',
      'unknownunknowntimeout6',
    ])
    expect(await folded.textContent()).toContain('and 3 further kinds')
    expect(await at.page.getByRole('region', { name: /^Releases/u }).count()).toBe(0)
    await at.page.screenshot({ path: `${screenshots}/window-incident.png`, fullPage: true })
  })

  test('lists every class by severity, with when it opens, what it needs and its page', async () => {
    await open('/rules')
    const { rules } = toWireRules()
    expect(await at.page.locator('.rules > li').count()).toBe(rules.length)
    const ids = await at.page.locator('.rules .rule-id').allTextContents()
    const bySeverity = (['high', 'medium', 'info'] as const).flatMap((severity) =>
      rules.filter((rule) => rule.severity === severity).map(({ id }) => id),
    )
    expect(ids).toEqual(bySeverity)
    const text = await at.page.locator('#cooldown-missed').textContent()
    expect(text).toContain('where many requests of a route show it')
    expect(text).toContain('where attempts went')
    await at.page.screenshot({ path: `${screenshots}/rules-all.png`, fullPage: true })
    const named = await at.page.getByRole('link', { name: 'What it means and what to do' }).all()
    const links = await Promise.all(named.map((link) => link.getAttribute('href')))
    expect(links).toHaveLength(rules.length)
    for (const link of links) {
      const response = await at.page.request.get(`${at.server.url}${link}`)
      const [, id] = /^\/docs\/rules\/(.+)\.txt$/u.exec(link ?? '') ?? []
      expect(response.headers()['content-type']).toBe('text/plain; charset=utf-8')
      expect(await response.text()).toContain(`# ${id}: `)
    }
  })
})
