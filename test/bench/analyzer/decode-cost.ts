import { median, showProgress } from '../report.ts'
import { toBatches } from '../spans/batch.ts'
import type { JsonExport } from '../spans/otlp-json.ts'
import { litellmTrace, plainTrace } from '../spans/shapes.ts'
import { renew, type Encoding } from '../spans/template.ts'
import { copySpans } from '../yardsticks/copy-spans.ts'
import { decodeExport, type DecodedExport } from '../yardsticks/protobufjs.ts'
import type { BenchContext, Column } from './context.ts'
import { createDecoder } from './decoder.ts'

/** What decoding and stripping cost by themselves: processor time per span, without the network. */
export const DECODE_COST = 'decode and strip'

const SPANS_PER_BODY = 50
const BODIES = 64
const SIZES = { tiny: 20, usual: 600, full: 600 } as const

interface Subject {
  readonly name: string
  readonly draw: () => JsonExport
  readonly encoding: Encoding
}

const SUBJECTS: readonly Subject[] = [
  { name: '24 attributes, protobuf', draw: plainTrace, encoding: 'protobuf' },
  { name: '24 attributes, JSON', draw: plainTrace, encoding: 'json' },
  { name: "LiteLLM's own, protobuf", draw: litellmTrace, encoding: 'protobuf' },
  { name: "LiteLLM's own, JSON", draw: litellmTrace, encoding: 'json' },
]

export function runDecodeCost({ report, rounds, size }: BenchContext): void {
  const decode = createDecoder()
  for (const { name, draw, encoding } of SUBJECTS) {
    showProgress(`${DECODE_COST}: ${name}`)
    const templates = toBatches(draw, { spans: SPANS_PER_BODY, encoding, count: BODIES })
    const ways: Readonly<Record<Way, (body: Buffer) => number>> = {
      naive: encoding === 'json' ? parseJson : (body) => countSpans(decodeExport(body)),
      copy: encoding === 'json' ? parseJson : copySpans,
      ours: (body) => decode(body, encoding),
    }
    const measured: Record<Way, number[]> = { naive: [], copy: [], ours: [] }
    for (let round = 0; round <= rounds; round += 1) {
      for (const way of WAYS) {
        const us = cpuUsPerSpan(ways[way], templates, SIZES[size])
        // The first is for the compiler.
        if (round > 0) measured[way].push(us)
      }
    }
    const head = { unit: 'µs/span', digits: 2, goals: [] }
    const cost = (way: Way): number => median(measured[way]) ?? NaN
    report.row(
      { ...head, name: `${DECODE_COST}: ${name}` },
      new Map<Column, number>([
        ['naive', cost('naive')],
        ['ours', cost('ours')],
      ]),
    )
    const beyond = encoding === 'json' ? 'beyond JSON.parse' : 'beyond copying each span as it came'
    report.row(
      { ...head, name: `  ${beyond}` },
      new Map<Column, number>([['ours', cost('ours') - cost('copy')]]),
    )
  }
}

const WAYS = ['naive', 'copy', 'ours'] as const
type Way = (typeof WAYS)[number]

function cpuUsPerSpan(
  run: (body: Buffer) => number,
  templates: ReturnType<typeof toBatches>,
  durationMs: number,
): number {
  let spans = 0
  let us = 0
  const startedMs = performance.now()
  while (performance.now() - startedMs < durationMs) {
    const bodies = templates.map((template) => {
      const body = Buffer.from(template.body)
      renew(body, template, Date.now())
      return body
    })
    const before = process.cpuUsage()
    for (const body of bodies) spans += run(body)
    const { user, system } = process.cpuUsage(before)
    us += user + system
  }
  return us / spans
}

function parseJson(body: Buffer): number {
  const exported: JsonExport = JSON.parse(body.toString('utf8'))
  return countSpans(exported)
}

function countSpans({ resourceSpans }: JsonExport | DecodedExport): number {
  let spans = 0
  for (const { scopeSpans } of resourceSpans) {
    for (const scope of scopeSpans) spans += scope.spans.length
  }
  return spans
}
