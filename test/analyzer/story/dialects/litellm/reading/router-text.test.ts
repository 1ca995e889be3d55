import { expect, test } from 'vitest'

import {
  isOfUpstreamLitellm,
  isRefusedAtFirst,
  parseRouterText,
} from '../../../../../../analyzer/story/dialects/litellm/reading/router-text.ts'

/** As LiteLLM 1.83 to 1.97 write it; the table at the end names every route of the operator. */
const TABLE = "[{'chat': ['spare']}, {'other': ['spare-2']}]"
const CAUSE = 'litellm.InternalServerError: InternalServerError: OpenAIException - down'

test('up to 1.97: a fallback was asked, and its own error follows', () => {
  const text = `${CAUSE}. Received Model Group=chat\nAvailable Model Group Fallbacks=['spare']\nError doing the fallback: litellm.RateLimitError: RateLimitError: OpenAIException - slow downNo fallback model group found for original model_group=spare. Fallbacks=${TABLE}. Received Model Group=spare\nAvailable Model Group Fallbacks=None\nError doing the fallback: litellm.RateLimitError: RateLimitError: OpenAIException - slow down`
  expect(parseRouterText(text)).toEqual({
    cause: `${CAUSE}.`,
    route: 'chat',
    fallbacks: ['spare'],
    fallbackTried: true,
    fallbackRefused: false,
    fallbackError: 'litellm.RateLimitError: RateLimitError: OpenAIException - slow down',
  })
})

test('up to 1.97: no fallback was found, although the text calls it an error of the fallback', () => {
  const text = `${CAUSE}No fallback model group found for original model_group=chat. Fallbacks=${TABLE}. Received Model Group=chat\nAvailable Model Group Fallbacks=None\nError doing the fallback: ${CAUSE}No fallback model group found for original model_group=chat. Fallbacks=${TABLE}`
  expect(parseRouterText(text)).toEqual({
    cause: CAUSE,
    route: 'chat',
    fallbacks: [],
    fallbackTried: false,
    fallbackRefused: false,
    fallbackError: undefined,
  })
})

test('1.109: the fallback failed too', () => {
  const text = `${CAUSE}\n\nLiteLLM: model group 'chat' failed with the error above. Fallback to spare, spare-2 also failed: litellm.BadRequestError: no`
  expect(parseRouterText(text)).toEqual({
    cause: CAUSE,
    route: 'chat',
    fallbacks: ['spare', 'spare-2'],
    fallbackTried: true,
    fallbackRefused: false,
    fallbackError: 'litellm.BadRequestError: no',
  })
})

test('1.109: no fallback was found; the names that follow are other routes', () => {
  const text = `${CAUSE}\n\nLiteLLM: model group 'chat' failed with the error above and no fallback model group was found for it, so the request was not retried on another model. Fallbacks are configured for: other, third.`
  expect(parseRouterText(text)).toMatchObject({
    route: 'chat',
    fallbacks: [],
    fallbackTried: false,
  })
})

test('a fallback of which no deployment is eligible was asked nothing', () => {
  const text = `${CAUSE}\n\nLiteLLM: model group 'chat' failed with the error above. Fallback to spare also failed: litellm.RateLimitError: No deployments available for selected model, Try again in 5 seconds. Passed model=spare.`
  expect(parseRouterText(text)).toMatchObject({
    fallbacks: ['spare'],
    fallbackTried: false,
    fallbackRefused: true,
    fallbackError: undefined,
  })
})

test.each(['', CAUSE, 'Fallback to spare also failed', "LiteLLM: model group 'chat"])(
  'a text without the router’s words tells nothing: %j',
  (text) => {
    expect(parseRouterText(text)).toBeUndefined()
  },
)

test('a request that the router refused at its first pick is told from an upstream that did', () => {
  const own = 'No deployments available for selected model, Try again in 5 seconds.'
  expect(isRefusedAtFirst(own)).toBe(true)
  expect(isRefusedAtFirst(`litellm.types.router.RouterRateLimitError: ${own}`)).toBe(true)
  expect(
    isRefusedAtFirst(`${own} Received Model Group=chat-main\nAvailable Model Group Fallbacks=None`),
  ).toBe(true)
  expect(isRefusedAtFirst(`litellm.RateLimitError: OpenAIException - ${own}`)).toBe(false)
})

test.each([
  'litellm.BadRequestError: You passed in model=chat-backup. There are no healthy deployments for this model.',
  'No deployments available - crossed budget: Exceeded budget for deployment',
])('a fallback of which nobody could be asked was not tried: %s', (error) => {
  const text = `litellm.InternalServerError: down Received Model Group=chat-main\nAvailable Model Group Fallbacks=['chat-backup']\nError doing the fallback: ${error}`
  expect(parseRouterText(text)).toMatchObject({
    fallbackTried: false,
    fallbackRefused: true,
    fallbackError: undefined,
    refusal: error,
  })
})

test.each([
  'litellm.RateLimitError: RateLimitError: OpenAIException - No deployments available for selected model',
  "litellm.BadRequestError: OpenAIException - Why does it say 'No deployments available'?",
  'litellm.BadRequestError: OpenAIException - litellm.BadRequestError: You passed in model=gpt. There are no healthy deployments for this model',
])('the same words of a fallback that was asked are its own: %s', (error) => {
  const text = `litellm.InternalServerError: down Received Model Group=chat-main\nAvailable Model Group Fallbacks=['chat-backup']\nError doing the fallback: ${error}`
  expect(parseRouterText(text)).toMatchObject({
    fallbackTried: true,
    fallbackRefused: false,
    fallbackError: error,
  })
})

const listed = (list: string) =>
  parseRouterText(
    `${CAUSE}. Received Model Group=chat\nAvailable Model Group Fallbacks=${list}\nError doing the fallback: litellm.Timeout: late`,
  )

test('names of fallbacks are read as Python quotes them', () => {
  expect(listed(`["bob's", 'spare']`)?.fallbacks).toEqual(["bob's", 'spare'])
  expect(listed('None')).toMatchObject({ fallbacks: [], fallbackTried: false })
})

test('a list that cannot be read is none that is empty: somebody was asked', () => {
  for (const list of ["[{'model': 'spare'}]", "['spare', 'thi... [truncated 12 characters]"]) {
    expect(listed(list)).toMatchObject({ fallbacks: undefined, fallbackTried: true })
  }
})

test('an error of another LiteLLM, further up, is known by its class within the client library’s', () => {
  const inner = `litellm.RateLimitError: slow down. Received Model Group=inner\nAvailable Model Group Fallbacks=['inner-2']`
  expect(isOfUpstreamLitellm(`litellm.RateLimitError: OpenAIException - ${inner}`)).toBe(true)
  expect(
    isOfUpstreamLitellm(
      `litellm.RateLimitError: OpenAIException - Error code: 429 - {'error': {'message': '${inner}`,
    ),
  ).toBe(true)
  expect(isOfUpstreamLitellm(inner)).toBe(false)
  // What the wrapper was raised from stands behind the provider's own words.
  expect(
    isOfUpstreamLitellm(
      'litellm.APIError: OpenAIException - down Original exception: litellm.APIError: OpenAIException - down',
    ),
  ).toBe(false)
  // The wrapper of the continuation, whose cause has no text.
  expect(
    isOfUpstreamLitellm(
      'litellm.MidStreamFallbackError: litellm.APIConnectionError: AnthropicException - . Received Model Group=chat',
    ),
  ).toBe(false)
})
