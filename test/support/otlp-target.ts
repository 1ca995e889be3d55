import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll } from 'vitest'

import type { WireTrace } from '../../analyzer/api/wire.ts'
import { startAnalyzer, type Analyzer, type AnalyzerOptions } from '../../analyzer/main.ts'
import type { Span } from '../../analyzer/story/span.ts'
import { buildSpan, jsonRequest, protobufRequest } from './otlp.ts'
import { ON_LOOPBACK } from './running-analyzer.ts'

/** A whole analyzer that all tests of a file send to. */
export interface OtlpTarget {
  readonly httpUrl: string
  readonly grpcUrl: string
  readonly pageUrl: string
  readonly logged: readonly string[]
  /** The spans of a trace as they were stored; none where nobody knows it. */
  readonly stored: (traceId: string) => Promise<WireTrace['spans']>
}

export function shareAnalyzer({
  config,
  ...options
}: Partial<AnalyzerOptions> & { readonly config?: string } = {}): () => OtlpTarget {
  let analyzer: Analyzer | undefined
  const folder = mkdtempSync(join(tmpdir(), 'secondwind-test-'))
  const logged: string[] = []
  beforeAll(async () => {
    const configFile = join(folder, 'config.yaml')
    if (config !== undefined) writeFileSync(configFile, config)
    analyzer = await startAnalyzer({
      ...ON_LOOPBACK,
      log: (line) => logged.push(line),
      onFatal: (reason) => {
        throw new Error(reason)
      },
      dataDir: join(folder, 'data'),
      ...(config === undefined ? {} : { configFile }),
      ...options,
    })
  })
  afterAll(async () => {
    await analyzer?.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return () => {
    if (analyzer === undefined) throw new Error('the analyzer is not running')
    const { otlpHttpUrl: httpUrl, otlpGrpcUrl: grpcUrl, pageUrl } = analyzer
    const stored = async (traceId: string): Promise<WireTrace['spans']> => {
      const response = await fetch(`${pageUrl}/api/v1/traces/${traceId}`)
      return response.ok ? ((await response.json()) as WireTrace).spans : []
    }
    return { httpUrl, grpcUrl, pageUrl, logged, stored }
  }
}

/** A span of a trace that no other test has. */
export function freshSpan(input: Parameters<typeof buildSpan>[0] = {}): Span {
  return buildSpan({ traceId: randomId(16), spanId: randomId(8), ...input })
}

export function randomId(byteCount: number): string {
  return randomBytes(byteCount).toString('hex')
}

export interface OtlpEncoding {
  readonly name: string
  readonly type: string
  readonly encode: (spans: readonly Span[]) => Buffer
  /** An empty request of exactly this many bytes. */
  readonly padded: (length: number) => Buffer
  readonly emptyAnswer: string
}

export const ENCODINGS: readonly OtlpEncoding[] = [
  {
    name: 'protobuf',
    type: 'application/x-protobuf',
    encode: protobufRequest,
    padded: paddedProtobuf,
    emptyAnswer: '',
  },
  {
    name: 'JSON',
    type: 'application/json',
    encode: (spans) => Buffer.from(JSON.stringify(jsonRequest(spans))),
    padded: (length) => Buffer.from(`{}${' '.repeat(length - 2)}`),
    emptyAnswer: '{}',
  },
]

/** Field 1000 is unknown to OTLP, and unknown fields are ignored. */
function paddedProtobuf(length: number): Buffer {
  const filler = length - 6
  const bytes = Buffer.alloc(length, 'x')
  bytes.set([0xc2, 0x3e])
  // A length in four bytes, whatever it is: protobuf allows that.
  bytes.set(
    [0, 7, 14, 21].map((shift) => ((filler >>> shift) & 0x7f) | (shift === 21 ? 0 : 0x80)),
    2,
  )
  return bytes
}
