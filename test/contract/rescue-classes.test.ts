import { beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'

import { judge } from '../../analyzer/rules/judge.ts'
import { tellSidecar } from '../support/tell-sidecar.ts'

/**
 * The faults of the classes about the rescue itself, brought upon a real router by a real provider:
 * what the router does not do no rule may find in its spans, and what it was made to do is found.
 */

const TOOLS = [{ type: 'function', function: { name: 'get_weather', parameters: {} } }]

interface Asked {
  readonly first: string
  readonly backup: string
  readonly continuation?: object
  readonly body?: object
  readonly api?: 'chat' | 'responses'
  readonly clientLeaves?: boolean
  /** Of its findings, those above `info`. */
  readonly finds: readonly string[]
}

/** By route. */
const REQUESTS: Readonly<Record<string, Asked>> = {
  'tools-offered': {
    first: 'openai/gpt-4o@cut-rst-40',
    backup: 'openai/gpt-4o@healthy',
    continuation: { with_tools: true },
    body: { tools: TOOLS },
    finds: ['continuation-unsafe'],
  },
  'prefill-ignored': {
    first: 'openai/gpt-4o@cut-rst-40',
    backup: 'anthropic/claude-sonnet-4-5@starts-over',
    finds: ['continuation-unsafe'],
  },
  'tools-stopped': {
    first: 'openai/gpt-4o@cut-rst-40',
    backup: 'openai/gpt-4o@healthy',
    body: { tools: TOOLS },
    finds: ['fallback-bypassed'],
  },
  'started-over': {
    first: 'openai/gpt-4o@cut-rst-40',
    backup: 'openai/gpt-4o@starts-over',
    continuation: { enabled: false },
    finds: [],
  },
  'switched-off': {
    first: 'openai/gpt-4o@status-503',
    backup: 'openai/gpt-4o@healthy',
    body: { disable_fallbacks: true },
    finds: ['failure-unclassified'],
  },
  'call-begun': {
    first: 'openai/gpt-4o@half-tool-call',
    backup: 'openai/gpt-4o@tool-call',
    finds: ['fallback-bypassed'],
  },
  'one-response': {
    first: 'openai/gpt-4o@cut-rst-40',
    backup: 'openai/gpt-4o@starts-over',
    api: 'responses',
    finds: [],
  },
  'client-left': {
    first: 'openai/gpt-4o@healthy+pace-40',
    backup: 'openai/gpt-4o@healthy',
    clientLeaves: true,
    finds: [],
  },
}

const found = new Map<string, readonly string[]>()

beforeAll(async () => {
  const told = await tellSidecar({
    configOf,
    ask: (url) =>
      Promise.all(Object.entries(REQUESTS).map(([route, asked]) => ask(url, route, asked))),
  })
  for (const story of told) {
    const findings = judge(story).filter(({ severity }) => severity !== 'info')
    found.set(
      story.route ?? '',
      findings.map(({ rule }) => rule),
    )
  }
}, 60_000)

function configOf(providerUrl: string): string {
  const routes = Object.entries(REQUESTS)
  return stringify({
    model_list: routes.flatMap(([route, { first, backup }]) => [
      deployment(route, first, providerUrl),
      deployment(`${route}-backup`, backup, providerUrl),
    ]),
    router_settings: {
      num_retries: 0,
      allowed_fails: 100_000,
      fallbacks: routes.map(([route]) => ({ [route]: [`${route}-backup`] })),
    },
    secondwind: {
      listen: { port: 0 },
      routes: Object.fromEntries(
        routes.flatMap(([route, { continuation }]) =>
          continuation === undefined ? [] : [[route, { continuation }]],
        ),
      ),
    },
  })
}

function deployment(route: string, model: string, providerUrl: string): object {
  const base = model.startsWith('anthropic/') ? providerUrl : `${providerUrl}/v1`
  return {
    model_name: route,
    litellm_params: { model, api_base: base, api_key: 'sk-test-made-up' },
  }
}

async function ask(url: string, route: string, asked: Asked): Promise<void> {
  const gone = new AbortController()
  const isResponses = asked.api === 'responses'
  const question = isResponses
    ? { input: 'Say it.' }
    : { messages: [{ role: 'user', content: 'Say it.' }] }
  const response = await fetch(`${url}/v1/${isResponses ? 'responses' : 'chat/completions'}`, {
    method: 'POST',
    signal: gone.signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: route, stream: true, ...question, ...asked.body }),
  })
  if (asked.clientLeaves !== true) {
    await response.text()
    return
  }
  await response.body?.getReader().read()
  gone.abort()
}

test.each(Object.entries(REQUESTS))(
  '%s: the findings are those of what happened',
  (route, asked) => {
    expect(found.get(route)).toEqual(asked.finds)
  },
)
