import { toWireRequest } from '../../analyzer/api/to-wire-request.ts'
import { toWireWindow } from '../../analyzer/api/to-wire-window.ts'
import type { WireFinding, WireRequest } from '../../analyzer/api/wire.ts'
import { routeEdge } from '../../analyzer/incidents/route-edge.ts'
import { fillRemedy } from '../../analyzer/rules/fill-remedy.ts'
import { ruleFactsById } from '../../analyzer/rules/every-rule.ts'
import type { Remedy } from '../../analyzer/rules/rule.ts'
import type { ToldRun } from '../../analyzer/rules/window/tell-windows.ts'
import type { CommandIo } from '../command.ts'
import type { Classified } from './classify-file.ts'
import type { ClassifyArgs } from './parse-classify-args.ts'
import { hasColour } from '../terminal-text.ts'
import { blindSpotLines, requestLines, Tally, windowLines } from './write-table.ts'

/** Where the classified requests go, one by one. */
export interface Output {
  add(request: Classified): Promise<void>
  /** After the requests of its file. */
  addWindow(window: ToldRun): Promise<void>
  /** Once per file, after all of it: what its spans cannot show. */
  addBlindSpots(sentences: readonly string[]): Promise<void>
  /** `filesRead`: nothing found in no file is no news. */
  end(filesRead: number): Promise<void>
}

/** Writes the document piece by piece: as one string it could be longer than a string may be. */
export class JsonOutput implements Output {
  readonly #io: CommandIo
  readonly #explain: boolean
  readonly #windows: string[] = []
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

  /** They stand after all requests, and are few: a run of a day is one. */
  addWindow(window: ToldRun): Promise<void> {
    const shown = toWireWindow(window)
    const remedy = this.#explain ? { remedy: remedyOf(window.rule, window.route) } : {}
    this.#windows.push(JSON.stringify({ ...shown, ...remedy }))
    return Promise.resolve()
  }

  /** The document has the API's schema, which says it of sources. */
  async addBlindSpots(): Promise<void> {}

  async end(): Promise<void> {
    const requests = this.#first ? this.#opening() : '\n'
    const windows = this.#windows.length === 0 ? '' : `\n${this.#windows.join(',\n')}\n`
    await write(this.#io.stdout, `${requests}],"windows":[${windows}]}\n`)
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
    this.#colour = hasColour(io.stdout)
  }

  async add(request: Classified): Promise<void> {
    this.#tally.add(request)
    const options = { explain: this.#explain, colour: this.#colour }
    await write(this.#io.stdout, requestLines(request, options))
  }

  async addWindow(window: ToldRun): Promise<void> {
    this.#tally.addWindow(window)
    const options = { explain: this.#explain, colour: this.#colour }
    await write(this.#io.stdout, windowLines(window, options))
  }

  async addBlindSpots(sentences: readonly string[]): Promise<void> {
    if (this.#explain) await write(this.#io.stdout, blindSpotLines(sentences))
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
    const remedy = remedyOf(finding.rule, from, to)
    return remedy === undefined ? finding : { ...finding, remedy }
  })
  return { ...request, findings }
}

function remedyOf(ruleId: string, route?: string, fallback?: string): Remedy | undefined {
  const rule = ruleFactsById(ruleId)
  return rule === undefined ? undefined : fillRemedy(rule.remedy, { route, fallback })
}
