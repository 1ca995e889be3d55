import { deflateRawSync, inflateRawSync } from 'node:zlib'

/**
 * A request as it is served, in a fifth of its bytes. Each is packed for itself, because one is
 * read or replaced without the others; what all have in common stands in the dictionary. A changed
 * dictionary cannot read what the old one wrote: raise DERIVATION with it.
 */
export function packWire(json: string): Buffer {
  return deflateRawSync(json, PACKING)
}

export function unpackWire(bytes: Uint8Array): string {
  return inflateRawSync(bytes, UNPACKING).toString()
}

/**
 * The words of `WireRequest`, as `JSON.stringify` writes them. The most frequent stand last: what
 * is nearest costs the fewest bits.
 */
const DICTIONARY = Buffer.from(
  [
    ',"usage":',
    'secondwind.root_cause.reason","value":"secondwind.client.status_code","value":"',
    'secondwind.fallbacks.not_tried","value":"secondwind.outcome","value":"',
    'http.response.status_code","value":"error.message","value":"error.code","value":"',
    'gen_ai.request.model","value":"litellm.provider.model","value":"',
    'litellm.model_group","value":"error.type","value":"',
    'secondwind.failure.message","value":"secondwind.failure.phase","value":"',
    'secondwind.failure.reason","value":"',
    ',"title":"Cut stream passed off as complete","summary":"',
    ',"title":"The client was shown another error","summary":"',
    ',"title":"Fallback refused the assistant prefill","summary":"',
    ',"title":"Fallback skipped on /v1/responses","summary":"',
    ',"title":"Fallback skipped","summary":"',
    ',"title":"Nothing to fall back to","summary":"',
    ',"title":"Every target failed","summary":"',
    ',"title":"Failed, no class fits","summary":"',
    '"findings":[{"rule":"aresponses-fallback-bypassed","primary":true,"severity":"high"',
    '"findings":[{"rule":"no-fallback-configured","primary":true,"severity":"medium"',
    '"findings":[{"rule":"fallback-bypassed","primary":true,"severity":"high"',
    '"findings":[{"rule":"fallback-exhausted","primary":true,"severity":"high"',
    '"findings":[{"rule":"failure-unclassified","primary":true,"severity":"medium"',
    '"findings":[{"rule":"stream-truncated","primary":true,"severity":"high"',
    '"findings":[{"rule":"prefill-rejected","primary":true,"severity":"high"',
    '},{"rule":"error-masked","primary":false,"severity":"high"',
    ',"confidence":"likely","title":","confidence":"certain","title":"',
    '","evidence":[{"spanId":"","key":""}],',
    'litellm.exceptions.MidStreamFallbackError: InternalServerError: APIConnectionError: ',
    'AnthropicException - {"type":"error","error":{"type":"overloaded_error","message":"Overloaded',
    'OpenAIException - Error code: 500 - invalid_request_error the client got an error',
    '"reason":"rate-limited","errorType":"RateLimitError","statusCode":429,"message":"',
    '"reason":"timeout-first-event","reason":"timeout-idle","reason":"connection",',
    '"reason":"missing-terminal","reason":"stream-cut","reason":"error-event",',
    '"reason":"bad-request","errorType":"BadRequestError","statusCode":400,"message":"',
    '"reason":"server-error","errorType":"InternalServerError","statusCode":500,"message":"',
    '"reason":"overloaded","errorType":"overloaded_error","statusCode":529,"message":"',
    '"dialect":"litellm-v2","api":"responses","stream":false,"route":"',
    '"dialect":"litellm-v1","api":"messages","stream":null,"route":"',
    '"dialect":"secondwind","api":"chat","stream":true,"route":"',
    '","caller":{"team":"","keyAlias":"","keyHash":"',
    '","caller":{},"outcome":"unknown","outcome":"rejected","outcome":"cancelled",',
    '"outcome":"rescued","outcome":"failed","outcome":"ok","attempts":[',
    '{"number":3,"kind":"retry","status":"failed","phase":"before_content",',
    '{"number":2,"kind":"fallback","status":"ok","phase":"after_terminal","deployment":"',
    '{"number":1,"kind":"initial","status":"failed","phase":"mid_stream","deployment":"',
    '{"number":1,"kind":"initial","status":"failed","phase":"before_headers","deployment":"',
    '{"number":1,"kind":"initial","status":"ok","phase":"unknown","deployment":"',
    'vertex_ai/azure/gpt-openai/gpt-4o","provider":"openai","model":"gpt-4o","route":"',
    'anthropic/claude-sonnet-4-6","provider":"anthropic","model":"claude-sonnet-4-6","route":"',
    '"clientSaw":{"statusCode":500,"errorType":"","message":"","complete":false},',
    '"clientSaw":{"statusCode":200,"complete":null},"clientSaw":{"complete":true},',
    '"findings":[],"startTime":"2026-11-',
    '{"source":"default","traceId":"","traceIds":["',
    '{"source":"litellm","traceId":"","traceIds":["',
    '"],"requestSpanId":"","dialect":"","spanId":"","durationMs":}],"clientSaw":{"complete":true},',
    '"findings":[],"startTime":"2026-12-01T00:00:00.000Z","durationMs":',
  ].join(''),
)

/** A window of 8 KiB: the dictionary and most requests fit in it, and setting it up is cheap. */
const WINDOW_BITS = 13
const PACKING = { dictionary: DICTIONARY, windowBits: WINDOW_BITS, memLevel: 6, level: 6 }
const UNPACKING = { dictionary: DICTIONARY, windowBits: WINDOW_BITS }
