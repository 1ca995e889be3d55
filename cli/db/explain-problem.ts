import type { StoreProblem } from '../../analyzer/store/sqlite/keeping/store-problem.ts'
import { showCount, showTime } from './measures.ts'

export interface Explained {
  readonly what: string
  readonly meaning: string
  readonly remedy: string
}

/** What a problem means to whoever runs the analyzer, and the next step. */
export function explain(problem: StoreProblem, dataDir: string): Explained {
  switch (problem.kind) {
    case 'unreadable':
      return {
        what: `it cannot be opened: ${problem.detail}`,
        meaning: 'spans of it are lost to the analyzer; all other files can be read',
        remedy: remedyFor(problem.file),
      }
    case 'pages-damaged':
      return {
        what: `SQLite finds damage in it: ${problem.detail}`,
        meaning: 'spans on the damaged pages are lost, the others can still be read',
        remedy: remedyFor(problem.file),
      }
    case 'block-damaged':
      return {
        what: problem.detail,
        meaning: `the ${showCount(problem.spans)} spans in it are lost, the others can be read`,
        remedy: RESTORE,
      }
    case 'spans-damaged':
      return {
        what: `${showCount(problem.spans)} spans are not what was written`,
        meaning: 'they are lost, the others can be read',
        remedy: RESTORE,
      }
    case 'context-missing':
      return {
        what: `${showCount(problem.chunks)} groups of spans have lost their resource and scope`,
        meaning: 'they are shown without a service name, and may not be recognised',
        remedy: RESTORE,
      }
    case 'counts-differ':
      return {
        what: `it holds ${showCount(problem.found)} spans, and should hold ${showCount(problem.expected)}`,
        meaning: 'some were lost or are there twice; what is there can be read',
        remedy: RESTORE,
      }
    case 'judged-ahead':
    case 'verdicts-disagree':
    case 'verdicts-unreadable':
      return explainVerdicts(problem, dataDir)
    case 'acts-damaged':
    case 'acts-missing':
    case 'acts-lost':
      return explainActs(problem)
    case 'leftover':
      return {
        what: 'a crash left it behind, or it is being made at this moment',
        meaning: 'nothing: it is not read',
        remedy: 'nothing: a running analyzer removes it',
      }
    case 'set-aside':
      return {
        what: 'it was damaged, and the analyzer set it aside',
        meaning: asideMeaning(problem.file),
        remedy: 'keep it for a repair, or remove it: "secondwind db prune --set-aside"',
      }
  }
}

type VerdictsProblem = Extract<
  StoreProblem,
  { readonly kind: `verdicts-${string}` | 'judged-ahead' }
>

function explainVerdicts(problem: VerdictsProblem, dataDir: string): Explained {
  switch (problem.kind) {
    case 'judged-ahead':
      return {
        what: 'verdicts know of later spans than there are',
        meaning: 'spans that come next would not be judged',
        remedy: `stop the analyzer, remove ${dataDir}/${problem.file} and start it: verdicts are made again`,
      }
    case 'verdicts-disagree':
      return {
        what: problem.detail,
        meaning: 'charts and shares show a wrong figure; no span is lost',
        remedy: `stop the analyzer, remove ${dataDir}/${problem.file} and start it: verdicts are made again`,
      }
    case 'verdicts-unreadable':
      return {
        what: problem.detail,
        meaning: 'no span is lost; requests and incidents are made again from the spans',
        remedy: `stop the analyzer, remove ${dataDir}/${problem.file} and start it: verdicts are made again`,
      }
  }
}

type ActsProblem = Extract<StoreProblem, { readonly kind: `acts-${string}` }>

function explainActs(problem: ActsProblem): Explained {
  switch (problem.kind) {
    case 'acts-damaged':
      return {
        what: `SQLite finds damage in it: ${problem.detail}`,
        meaning: `some of what people did to incidents (acknowledged, resolved, muted, noted) is lost; ${NOT_DERIVED}`,
        remedy: `start the analyzer again: it takes over what can be read, and sets the file aside; or ${ACTS_BACKUP}`,
      }
    case 'acts-missing':
      return {
        what: `up to ${showCount(problem.acts)} acts of people are missing`,
        meaning: `incidents that they acknowledged, resolved or muted are open again; ${NOT_DERIVED}`,
        remedy: ACTS_BACKUP,
      }
    case 'acts-lost':
      return {
        what: `${LOST[problem.how]} when the analyzer started at ${showTime(problem.atMs)}; ${showCount(problem.saved)} acts were left`,
        meaning: `incidents may be open that somebody had acknowledged, resolved or muted before; ${NOT_DERIVED}`,
        remedy: `${ACTS_BACKUP}; else nothing: what was done since is there`,
      }
  }
}

function asideMeaning(file: string): string {
  if (file.startsWith('verdicts')) return VERDICTS_ASIDE
  return file.startsWith('acts') ? ACTS_ASIDE : SPANS_ASIDE
}

/** One that is still written is mended as far as it can be, by whoever writes it. */
function remedyFor(file: string): string {
  return file.endsWith('.hot.db') ? `${START_AGAIN}; or ${RESTORE}` : RESTORE
}

const START_AGAIN =
  'start the analyzer again: if this is the file that it writes to, it stores again what can be read of it'

const RESTORE =
  'stop the analyzer and put the file of the same number from a backup in its place; else leave it, for it goes by its age'

const VERDICTS_ASIDE = 'no span is lost; requests and incidents were made again from the spans'

const LOST = {
  missing: 'it was gone',
  older: 'it was an older one',
  damaged: 'it was damaged',
} as const

const NOT_DERIVED = 'no span is lost, and they cannot be made again from spans'

const ACTS_BACKUP = 'stop the analyzer and put acts.db from a backup in its place'

const ACTS_ASIDE =
  'what could be read of it was taken over; the rest of what people did to incidents is lost'

const SPANS_ASIDE =
  'what could be read of it was stored again; its other spans are lost to the analyzer'
