import type { ProviderError } from './script.ts'

export const OVERLOADED: ProviderError = {
  type: 'overloaded_error',
  code: 'server_is_overloaded',
  message: 'Overloaded',
}

/** Types, codes and messages as OpenAI and Anthropic use them for the status. */
export function errorOf(status: number): ProviderError {
  const known = ERRORS_BY_STATUS.get(status)
  if (known) return known
  return status < 500
    ? { type: 'invalid_request_error', code: null, message: 'The request was not accepted.' }
    : { type: 'server_error', code: null, message: 'The server had an error.' }
}

const ERRORS_BY_STATUS: ReadonlyMap<number, ProviderError> = new Map([
  [
    401,
    {
      type: 'authentication_error',
      code: 'invalid_api_key',
      message: 'Incorrect API key provided.',
    },
  ],
  [402, { type: 'billing_error', code: null, message: 'Your credit balance is too low.' }],
  [
    403,
    { type: 'permission_error', code: null, message: 'Your key may not use the named resource.' },
  ],
  [404, { type: 'not_found_error', code: 'model_not_found', message: 'The model does not exist.' }],
  [408, { type: 'timeout_error', code: null, message: 'The request took too long.' }],
  [
    429,
    {
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
      message: 'Rate limit reached for requests. Please try again later.',
    },
  ],
  [
    500,
    {
      type: 'server_error',
      code: null,
      message: 'The server had an error while processing your request. Sorry about that!',
    },
  ],
  [
    503,
    {
      type: 'service_unavailable_error',
      code: 'server_is_overloaded',
      message: 'The server is overloaded. Please try again later.',
    },
  ],
  [529, OVERLOADED],
])
