import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buildUpstreamRequest } from '../../../../collector/protocol/build-upstream-request.ts'
import { protocolOf } from '../../../../collector/protocol/index.ts'
import { bytesOf, clientBodies, limits, parse, play } from '../../../support/play-streams.ts'

// What reads strangers' bytes must neither throw nor let them reach a prototype: a throw here is a
// stream that dies without its error, and no other test would send such input.

const names = (
  'choices delta message content text type index id model role tool_calls function name arguments ' +
  'input usage prompt_tokens error content_block stop_reason finish_reason output_tokens details ' +
  'messages tools tool_choice stop image_url url source system stream n response_format ' +
  'output_config thinking __proto__ constructor prototype'
).split(' ')
const words = [
  ...(
    'text tool_use tool_result image document thinking error user assistant system tool ' +
    'message_start content_block_start message_delta content_block_delta message_stop text_delta ' +
    'input_json_delta stop auto function base64 url json_schema data:image/png;base64,AA'
  ).split(' '),
  '',
  '{}',
  '{"a":',
]

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 7 },
    fc.constantFrom<unknown>(...words, null, true, 0, -1, 1.5, 1e300),
    fc.array(tie('value'), { maxLength: 3 }),
    // Pairs and not an object, so that `__proto__` is written as a key of its own.
    fc
      .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 6 })
      .map((pairs) => new Map(pairs)),
  ),
}))

function toJson(given: unknown): string {
  if (Array.isArray(given)) return `[${given.map(toJson).join(',')}]`
  if (!(given instanceof Map)) return JSON.stringify(given)
  return `{${[...given].map(([key, inner]) => `${JSON.stringify(key)}:${toJson(inner)}`).join(',')}}`
}

const frames = fc.array(
  fc.oneof(
    value.map((given) => `data: ${toJson(given)}\n\n`),
    fc
      .tuple(fc.constantFrom(...words), value)
      .map(([name, given]) => `event: ${name}\ndata: ${toJson(given)}\n\n`),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => `${text}\n\n`),
  ),
  { maxLength: 6 },
)

const apis = ['chat', 'messages'] as const

/** Keys that any object now answers to, because a stranger's JSON reached the prototype. */
function polluted(): readonly string[] {
  return names.filter((name) => name !== '__proto__' && name !== 'constructor' && name in {})
}

describe('hostile input', () => {
  test('no stream makes a decoder or an encoder throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...apis),
        fc.constantFrom(...apis),
        frames,
        (client, target, said) => {
          const body = said.join('')
          const { text } = play(parse(client, clientBodies[client]), [
            { api: target, body },
            { api: target, body, attempt: { anchor: 'text' } },
          ])
          expect(text.match(/^data: \[DONE\]$/gm)?.length ?? 0).toBeLessThanOrEqual(1)
          expect(polluted()).toEqual([])
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('no answer and no error body makes a reader throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...apis), value, (api, given) => {
        const bytes = bytesOf(toJson(given))
        const answer = protocolOf(api).decodeAnswer(bytes)
        expect(['answer', 'error', 'unfinished', 'malformed']).toContain(answer.kind)
        expect(typeof protocolOf(api).decodeError(500, bytes).message).toBe('string')
      }),
      { numRuns: 1000 },
    )
  })

  test('no request makes the parser or the translation throw', () => {
    const fields = fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 8 })
    const turns = fc.array(fc.array(fc.tuple(fc.constantFrom(...names), value), { maxLength: 5 }), {
      maxLength: 4,
    })
    fc.assert(
      fc.property(
        fc.constantFrom(...apis),
        fc.constantFrom(...apis),
        fields,
        turns,
        (...[client, target, body, messages]) => {
          const roles = messages.map((turn) => new Map([...turn, ['role', 'user'] as const]))
          const text = toJson(
            new Map<string, unknown>([
              ...body,
              ['model', 'm'],
              ['max_tokens', 5],
              ['messages', roles],
            ]),
          )
          const parsed = protocolOf(client).parseRequest(bytesOf(text))
          if (parsed.kind === 'invalid') return
          protocolOf(client).shapeOf(parsed.request)
          const built = buildUpstreamRequest({
            request: parsed.request,
            targetApi: target,
            model: 'm',
            continuation: { strategy: 'user_turn', partial: 'a', anchor: 'a' },
          })
          expect(['built', 'not-translatable']).toContain(built.kind)
          expect(polluted()).toEqual([])
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('no bytes at all make a decoder throw', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...apis),
        fc.array(fc.uint8Array({ maxLength: 200 })),
        (api, chunks) => {
          const decoder = protocolOf(api).createDecoder(limits)
          const frames = [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]
          expect(frames.every((frame) => frame.events.length > 0)).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })
})
