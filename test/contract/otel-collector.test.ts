import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { KEYS_BY_SPAN } from '../../collector/vocabulary.ts'

// The redaction drops what it does not name. A key that is added to the vocabulary and forgotten
// there would vanish on the way, and the analyzer would say `unknown` without an error anywhere.

const file = new URL('../../otel-collector.yaml', import.meta.url)
const config: unknown = parse(readFileSync(file, 'utf8'))
const allowed = new Set(strings(at(config, ['processors', 'redaction', 'allowed_keys'])))

test('the Collector lets every key of the vocabulary through', () => {
  const ours = Object.values(KEYS_BY_SPAN).flat()
  expect(ours.filter((key) => !allowed.has(key))).toEqual([])
})

test('the Collector knows no key under secondwind. that the vocabulary does not', () => {
  const ours = new Set<string>(Object.values(KEYS_BY_SPAN).flat())
  expect([...allowed].filter((key) => key.startsWith('secondwind.') && !ours.has(key))).toEqual([])
})

test('the Collector lets no attribute through that carries a prompt or an answer', () => {
  const content =
    /messages|system_instructions|prompt\b|completion\.|\.input$|\.output$|input\.value|output\.value|tools$|choices|arguments/u
  expect([...allowed].filter((key) => content.test(key))).toEqual(
    // Counts, not content.
    [
      'secondwind.payload.messages',
      'secondwind.payload.messages_added',
      'secondwind.payload.tools',
      'secondwind.request.shape.messages',
      'secondwind.request.shape.tools',
    ],
  )
})

test('nothing that is only in memory stands between an acknowledgement and the disk', () => {
  const processors = strings(at(config, ['service', 'pipelines', 'traces', 'processors']))
  expect(processors.filter((name) => /batch|sampling/u.test(name))).toEqual([])
  const queue = at(config, ['exporters', 'otlp_http/analyzer', 'sending_queue'])
  expect(at(queue, ['storage'])).toBe('file_storage/queue')
  expect(at(config, ['extensions', 'file_storage/queue', 'fsync'])).toBe(true)
  const retry = at(config, ['exporters', 'otlp_http/analyzer', 'retry_on_failure'])
  expect(at(retry, ['max_elapsed_time'])).toBe('0s')
})

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (node, key) => (node as Readonly<Record<string, unknown>> | undefined)?.[key],
    value,
  )
}

function strings(value: unknown): string[] {
  if (!Array.isArray(value)) throw new Error('expected a list')
  return value.map(String)
}
