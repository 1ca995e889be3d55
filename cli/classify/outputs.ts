import { toWireRequest } from '../../analyzer/api/to-wire-request.ts'
import type { WireFinding, WireRequest } from '../../analyzer/api/wire.ts'
import { routeEdge } from '../../analyzer/incidents/route-edge.ts'
import { fillRemedy } from '../../analyzer/rules/fill-remedy.ts'
import { ruleById } from '../../analyzer/rules/index.ts'
import type { Remedy } from '../../analyzer/rules/rule.ts'
import type { CommandIo } from '../command.ts'
import type { Classified } from './classify-file.ts'
import type { ClassifyArgs } from './parse-classify-args.ts'
import { requestLines, Tally } from './write-table.ts'

/** Where the classified requests go, one by one. */
export interface Output {
  add(request: Classified): Promise<void>
  /** `filesRead`: nothing found in no file is no news. */
  end(filesRead: number): Promise<void>
}

/** Writes the document piece by piece: as one string it could be longer than a string may be. */
export class JsonOutput implements Output {
  readonly #io: CommandIo
  readonly #explain: boolean
  #first = true

  constructor(io: CommandIo, { explain }: ClassifyArgs) {
    this.#io = io
    this.#explain = explain
  }

  async add(classified: Classified): Promise<void> {
    const request = toWireRequest(classified.story, classified.findings)
    const shown = this.#explain ? withRemedies(request, classified) : request
    await write(this.#io.stdout, `${this.#opening()}${JSON.stringify(shown)}`)
  }

  async end(): Promise<void> {
    await write(this.#io.stdout, `${this.#first ? this.#opening() : '\n'}],"windows":[]}\n`)
  }

  #opening(): string {
    const opening = this.#first ? '{"schemaVersion":1,"requests":[\n' : ',\n'
    this.#first = false
    return opening
  }
}

export class TableOutput implements Output {
  readonly #io: CommandIo
  readonly #explain: boolean
  readonly #colour: boolean
  readonly #tally = new Tally()

  constructor(io: CommandIo, { explain }: ClassifyArgs) {
    this.#io = io
    this.#explain = explain
    const isTty = 'isTTY' in io.stdout && io.stdout.isTTY === true
    this.#colour = isTty && (process.env['NO_COLOR'] ?? '') === ''
  }

  async add(request: Classified): Promise<void> {
    this.#tally.add(request)
    const options = { explain: this.#explain, colour: this.#colour }
    await write(this.#io.stdout, requestLines(request, options))
  }

  async end(filesRead: number): Promise<void> {
    if (filesRead > 0) await write(this.#io.stdout, this.#tally.line())
  }
}

export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

interface ExplainedRequest extends Omit<WireRequest, 'findings'> {
  readonly findings: readonly (WireFinding & { readonly remedy?: Remedy })[]
}

/** Beyond the API's schema: who reads a document offline has no page of the rule at hand. */
function withRemedies(request: WireRequest, { story }: Classified): ExplainedRequest {
  const { from, to } = routeEdge(story)
  const findings = request.findings.map((finding) => {
    const rule = ruleById(finding.rule)
    if (rule === undefined) return finding
    return { ...finding, remedy: fillRemedy(rule.remedy, { route: from, fallback: to }) }
  })
  return { ...request, findings }
}
