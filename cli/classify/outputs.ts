import { toWireReleaseNote } from '../../analyzer/api/to-wire-incident.ts'
import { toWireRequest } from '../../analyzer/api/to-wire-request.ts'
import { toWireWindow } from '../../analyzer/api/to-wire-window.ts'
import type {
  WireFinding,
  WireReleaseNote,
  WireRequest,
  WireUnread,
} from '../../analyzer/api/wire.ts'
import { routeEdge } from '../../analyzer/incidents/route-edge.ts'
import { fillRemedy, type RemedyNames } from '../../analyzer/rules/fill-remedy.ts'
import { ruleFactsById } from '../../analyzer/rules/every-rule.ts'
import type { Remedy } from '../../analyzer/rules/rule.ts'
import type { ToldRun } from '../../analyzer/rules/window/tell-windows.ts'
import type { CommandIo } from '../command.ts'
import type { Classified } from './judge-spans.ts'
import type { ClassifyArgs } from './parse-classify-args.ts'
import { hasColour } from '../terminal-text.ts'
import { blindSpotLines, requestLines, Tally, windowLines } from './write-table.ts'

/** Where the classified requests go, one by one. */
export interface Output {
  add(request: Classified): Promise<void>
  /** After the requests of its file. */
  addWindow(window: ToldRun): Promise<void>
  /** Once per file, after all of it: what its spans cannot show. */
  addBlindSpots(sentences: readonly string[], source: string): Promise<void>
  /** A file of which not all could be read. */
  addUnread(file: WireUnread): void
  /** `filesRead`: nothing found in no file is no news. */
  end(filesRead: number): Promise<void>
}

/** Writes the document piece by piece: as one string it could be longer than a string may be. */
export class JsonOutput implements Output {
  readonly #io: CommandIo
  readonly #explain: boolean
  readonly #windows: string[] = []
  readonly #sources: string[] = []
  readonly #unread: string[] = []
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
    const explained = this.#explain ? explain(window.rule, { route: window.route }) : {}
    this.#windows.push(JSON.stringify({ ...shown, ...explained }))
    return Promise.resolve()
  }

  addBlindSpots(cannotShow: readonly string[], source: string): Promise<void> {
    if (this.#explain) this.#sources.push(JSON.stringify({ source, cannotShow }))
    return Promise.resolve()
  }

  addUnread(file: WireUnread): void {
    this.#unread.push(JSON.stringify(file))
  }

  async end(): Promise<void> {
    const requests = this.#first ? this.#opening() : '\n'
    const windows = `"windows":${lines(this.#windows)},"unread":${lines(this.#unread)}`
    const sources = this.#explain ? `,"sources":${lines(this.#sources)}` : ''
    await write(this.#io.stdout, `${requests}],${windows}${sources}}\n`)
  }

  #opening(): string {
    const opening = this.#first ? '{"schemaVersion":1,"requests":[\n' : ',\n'
    this.#first = false
    return opening
  }
}

/** A JSON array with a line for each element. */
function lines(elements: readonly string[]): string {
  return elements.length === 0 ? '[]' : `[\n${elements.join(',\n')}\n]`
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

  addUnread(file: WireUnread): void {
    this.#tally.addUnread(file)
  }

  async end(filesRead: number): Promise<void> {
    if (filesRead > 0) await write(this.#io.stdout, this.#tally.lines())
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

interface Explained {
  readonly remedy?: Remedy
  readonly releases?: readonly WireReleaseNote[]
}

interface ExplainedRequest extends Omit<WireRequest, 'findings'> {
  readonly findings: readonly (WireFinding & Explained)[]
}

/** Beyond the API's schema: who reads a document offline has no page of the rule at hand. */
function withRemedies(request: WireRequest, { story }: Classified): ExplainedRequest {
  const { from, to } = routeEdge(story)
  const findings = request.findings.map((finding) => ({
    ...finding,
    ...explain(finding.rule, { route: from, fallback: to }),
  }))
  return { ...request, findings }
}

function explain(ruleId: string, { route, fallback }: Partial<RemedyNames>): Explained {
  const rule = ruleFactsById(ruleId)
  if (rule === undefined) return {}
  const releases = (rule.releases ?? []).map(toWireReleaseNote)
  return { remedy: fillRemedy(rule.remedy, { route, fallback }), releases }
}
