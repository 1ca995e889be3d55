import { createHash } from 'node:crypto'

import type { ContextRecord } from '../../store/span-record.ts'
import type { Attributes } from '../../story/span.ts'
import type { ValueBudget } from '../otlp/value-budget.ts'
import { decodeContext } from '../otlp/decode-span.ts'
import { NAME_CHARS_MAX } from '../limits.ts'
import { MessageScan } from '../otlp/message-scan.ts'
import { type ProtobufReader, WIRE_BYTES, WIRE_VARINT } from '../otlp/protobuf-reader.ts'
import type { ProtobufWriter } from '../otlp/protobuf-writer.ts'
import { scrubSecrets } from './scrub-secrets.ts'
import type { AttributeStripper } from './strip-attributes.ts'
import { TwoGenerations } from './two-generations.ts'
import type { Place } from '../otlp/walk-request.ts'

export interface ContextStripperOptions {
  readonly reader: ProtobufReader
  readonly writer: ProtobufWriter
  readonly attributes: AttributeStripper
  /** Of one context: spans are not to blame for it. */
  readonly budget: ValueBudget
}

/** A sender has a handful of contexts, of a few hundred bytes each. */
const REMEMBERED_MAX = 512
const REMEMBERED_BYTES_MAX = 8 * 1024

const RESOURCE = { attributes: 1, dropped: 2 } as const
const RESOURCE_LAYOUT = [undefined, WIRE_BYTES, WIRE_VARINT]
const SCOPE = { name: 1, version: 2, attributes: 3, dropped: 4 } as const
const SCOPE_LAYOUT = [undefined, WIRE_BYTES, WIRE_BYTES, WIRE_BYTES, WIRE_VARINT]

/** Strips resources and scopes, which many spans share. */
export class ContextStripper {
  readonly #options: ContextStripperOptions
  readonly #resourceScan = new MessageScan(RESOURCE_LAYOUT)
  readonly #scopeScan = new MessageScan(SCOPE_LAYOUT)
  readonly #remembered = new TwoGenerations<StrippedContext>(REMEMBERED_MAX)

  constructor(options: ContextStripperOptions) {
    this.#options = options
  }

  /** Leaves the reader where it found it. */
  strip(resource: Place, scope: Place): StrippedContext {
    const { reader } = this.#options
    const { position, end } = reader
    const stripped = this.#recall(resource, scope)
    reader.seek(position, end)
    return stripped
  }

  #recall(resource: Place, scope: Place): StrippedContext {
    const { source: bytes } = this.#options.reader
    const resourceBytes = resource.end - resource.start
    if (resourceBytes + scope.end - scope.start > REMEMBERED_BYTES_MAX) {
      return this.#strip(resource, scope)
    }
    const raw = [resourceBytes, textAt(bytes, resource), textAt(bytes, scope)].join(':')
    const remembered = this.#remembered.get(raw)
    if (remembered !== undefined) return remembered
    const stripped = this.#strip(resource, scope)
    this.#remembered.set(raw, stripped)
    return stripped
  }

  #strip(resource: Place, scope: Place): StrippedContext {
    const { writer, budget } = this.#options
    writer.rewind(0)
    budget.reset()
    const resourceMark = writer.open(1, resource.end - resource.start)
    this.#stripResource(resource)
    writer.close(resourceMark)
    const scopeMark = writer.open(2, scope.end - scope.start)
    this.#stripScope(scope)
    writer.close(scopeMark)
    const { spent, stringIndexes } = budget
    return new StrippedContext(writer.finish(), { spent, stringIndexes })
  }

  #stripResource({ start, end }: Place): void {
    const { reader, attributes } = this.#options
    const scan = this.#resourceScan
    reader.seek(start, end)
    scan.read(reader)
    attributes.strip(scan, RESOURCE)
  }

  #stripScope({ start, end }: Place): void {
    const { reader, writer, attributes } = this.#options
    const scan = this.#scopeScan
    reader.seek(start, end)
    scan.read(reader)
    for (const field of [SCOPE.name, SCOPE.version]) {
      const text = scrubSecrets(scan.string(reader, field).slice(0, NAME_CHARS_MAX))
      if (text !== '') writer.stringField(field, text)
    }
    attributes.strip(scan, SCOPE)
  }
}

/** Decoded when somebody asks: a hostile body holds very many. */
export class StrippedContext implements ContextRecord {
  readonly bytes: Buffer
  readonly hash: string
  /** What it took to read. */
  readonly cost: Pick<ValueBudget, 'spent' | 'stringIndexes'>
  #resource: Attributes | undefined

  constructor(bytes: Buffer, cost: StrippedContext['cost']) {
    this.bytes = bytes
    this.hash = createHash('sha256').update(bytes).digest('hex')
    this.cost = cost
  }

  get resource(): Attributes {
    this.#resource ??= decodeContext(this.bytes).resource
    return this.#resource
  }
}

function textAt(bytes: Buffer, { start, end }: Place): string {
  return bytes.toString('latin1', start, end)
}
