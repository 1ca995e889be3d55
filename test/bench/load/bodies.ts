import { gzipSync } from 'node:zlib'
import { renew, type Template } from '../spans/template.ts'
import type { LoadSpec } from './load-spec.ts'

export interface Body {
  readonly bytes: Buffer
  readonly spans: number
}

/** What one connection sends: undefined where everything that was prepared has been sent. */
export type NextBody = () => Body | undefined

/**
 * Compressed bodies cannot be renewed in place, and compressing them would be what is measured:
 * this many are made before the start. A run ends early where they are used up.
 */
const COMPRESSED_SPANS = 200_000

export function prepareBodies(spec: LoadSpec): readonly NextBody[] {
  const connections = Array.from({ length: spec.connections }, (_, index) => index)
  if (!spec.gzip) return connections.map((index) => renewing(spec.templates, index))
  const pool: Body[] = []
  let spans = 0
  const next = renewing(spec.templates, 0)
  while (spans < COMPRESSED_SPANS) {
    const body = next()
    spans += body.spans
    pool.push({ bytes: gzipSync(body.bytes), spans: body.spans })
  }
  return connections.map(() => () => pool.pop())
}

/** One buffer per template: an answer has come before it is written again. */
function renewing(templates: readonly Template[], first: number): () => Body {
  const own = templates.map((template) => ({ template, bytes: Buffer.from(template.body) }))
  let turn = first
  return () => {
    const next = own[turn % own.length]
    turn += 1
    if (next === undefined) throw new Error('there is no template')
    renew(next.bytes, next.template, Date.now())
    return { bytes: next.bytes, spans: next.template.spans }
  }
}
