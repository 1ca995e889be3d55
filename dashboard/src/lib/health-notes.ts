import type { WireHealth, WireRefusedSender } from '../../../analyzer/api/wire.ts'
import { formatBytes } from './format-bytes.ts'
import { formatCount, formatPlural } from './format-share.ts'
import type { HealthNote } from './health-note.ts'
import { clockNotes, rejectedNotes, silentNotes } from './source-notes.ts'

/** Judging is behind for longer than anybody would wait for a verdict. */
const LAG_MS = 30_000
/** A sender that was refused earlier has been set right, or is gone. */
const REFUSED_MS = 3_600_000
/** One cause often stops a whole fleet; a reader needs one of them, and how many there are. */
const REFUSED_SHOWN = 4
/** `secondwind db check` lists them all. */
const FILES_SHOWN = 3
/** As the analyzer renames a file that it found damaged while it wrote it. */
const SET_ASIDE = /\.damaged-/u

/** What is wrong with the analyzer, the gravest first; empty when nothing is. */
export function healthNotes(health: WireHealth, nowMs: number): readonly HealthNote[] {
  return [
    ...failingNote(health),
    ...pausedNote(health),
    ...actsNotes(health, nowMs),
    ...damagedNote(health),
    ...diskNote(health),
    ...keepingNote(health),
    ...setAsideNote(health),
    ...sheddingNote(health),
    ...lagNote(health, nowMs),
    ...refusedNotes(health, nowMs),
    ...rejectedNotes(health),
    ...silentNotes(health),
    ...clockNotes(health),
    ...noRequestNote(health),
  ]
}

function failingNote({ intake }: WireHealth): readonly HealthNote[] {
  if (intake.state !== 'failing') return []
  return [
    {
      key: 'failing',
      tone: 'failed',
      title: 'Spans cannot be stored',
      detail: `The data folder takes nothing: ${intake.why ?? 'its log says why'}. What was acknowledged is safe; senders are asked to come again and keep their spans for some minutes.`,
      next: 'Make room on the disk (`secondwind db prune` drops the oldest spans), or end what holds the files of the data folder. Storing goes on by itself.',
      at: since(intake.since),
    },
  ]
}

function pausedNote({ judgingPausedSince }: WireHealth): readonly HealthNote[] {
  if (judgingPausedSince === null) return []
  return [
    {
      key: 'paused',
      tone: 'failed',
      title: 'Nothing is judged',
      detail: 'Spans are taken, but no new request or incident appears on this page.',
      next: 'The analyzer’s log says what its files lack: room, a permission, or another program that holds them. Judging goes on by itself, and nothing is skipped.',
      at: since(judgingPausedSince),
    },
  ]
}

function diskNote({ disk }: WireHealth): readonly HealthNote[] {
  if (disk?.low !== true) return []
  return [
    {
      key: 'disk',
      tone: 'medium',
      title: 'The disk is nearly full',
      detail: `${formatBytes(disk.freeBytes)} are free; the data folder has ${formatBytes(disk.bytes)}.`,
      next: 'Make room, or lower analyzer.retention.span_mib and start the analyzer again: the oldest spans go first. At once: `secondwind db prune --to-size 500MiB`.',
      at: undefined,
    },
  ]
}

/** As long as somebody may come to it after a holiday. */
const LOSS_TOLD_MS = 14 * 24 * 3_600_000

function actsNotes({ acts }: WireHealth, nowMs: number): readonly HealthNote[] {
  const notes: HealthNote[] = []
  if (acts.why !== null) {
    notes.push({
      key: 'acts',
      tone: 'failed',
      title: 'What people do to incidents cannot be kept',
      detail: `The file acts.db cannot be used: ${acts.why}. Incidents may be shown as open that somebody has acknowledged, resolved or muted.`,
      next: 'Make room on the disk, or end what holds the file. It is tried again by itself; `secondwind db check` says whether it is damaged.',
      at: since(acts.troubledSince),
    })
  }
  const [loss] = acts.losses
  if (loss !== undefined && nowMs - Date.parse(loss.at) < LOSS_TOLD_MS) {
    notes.push({
      key: 'acts lost',
      tone: 'medium',
      title: 'Some of what people did to incidents is lost',
      detail: `The file acts.db was ${LOSS_WORDS[loss.how]} when it was opened; ${formatPlural(loss.saved, 'act')} could be kept. Incidents that somebody had acknowledged, resolved or muted before may be open.`,
      next: 'Put acts.db from a backup in its place while no analyzer runs, or look through the open incidents once.',
      at: since(loss.at),
    })
  }
  return notes
}

const LOSS_WORDS = { missing: 'gone', older: 'an older one', damaged: 'damaged' } as const

function damagedNote({ keeping: { damaged } }: WireHealth): readonly HealthNote[] {
  const unread = damaged.filter((name) => !SET_ASIDE.test(name))
  if (unread.length === 0) return []
  return [
    {
      key: 'damaged',
      tone: 'failed',
      title: `${formatPlural(unread.length, 'file')} of spans cannot be read`,
      detail: `The spans in it are not shown, all others are: ${listFiles(unread)}.`,
      next: '`secondwind db check` says what is lost, and what to do about it.',
      at: undefined,
    },
  ]
}

/** It may be weeks ago: nothing is lost any more, and the reader is not to be alarmed each day. */
function setAsideNote({ keeping: { damaged, setAsideBytes } }: WireHealth): readonly HealthNote[] {
  // What is lost of acts is told for itself.
  const aside = damaged.filter((name) => SET_ASIDE.test(name) && !name.startsWith('acts.db'))
  if (aside.length === 0) return []
  return [
    {
      key: 'set aside',
      tone: 'medium',
      title: `${formatPlural(aside.length, 'damaged file')} of spans set aside`,
      detail: `What could be read of it was stored again, the rest is not here: ${listFiles(aside)}; ${formatBytes(setAsideBytes)}.`,
      next: '`secondwind db prune --set-aside` removes it; else it is kept for a repair for as long as spans are.',
      at: undefined,
    },
  ]
}

function listFiles(names: readonly string[]): string {
  const more = names.length - FILES_SHOWN
  const shown = names.slice(0, FILES_SHOWN).join(', ')
  return more > 0 ? `${shown} and ${formatCount(more)} more` : shown
}

function keepingNote({ keeping: { why, troubledSince } }: WireHealth): readonly HealthNote[] {
  if (why === null) return []
  return [
    {
      key: 'keeping',
      tone: 'medium',
      title: 'Old spans take more room than they need',
      detail: `They are not packed or not dropped: ${why}.`,
      next: 'No span is lost by it. It is tried again by itself; if it lasts, make room on the disk.',
      at: since(troubledSince),
    },
  ]
}

function sheddingNote({ intake }: WireHealth): readonly HealthNote[] {
  if (intake.state !== 'shedding') return []
  return [
    {
      key: 'shedding',
      tone: 'medium',
      title: 'More arrives than can be stored',
      detail: `Export requests without a failure are asked to come again, failures are stored. ${formatPlural(intake.spansShed, 'span')} were turned away so far; senders repeat them.`,
      next: 'If it lasts: a faster disk, a second analyzer, or fewer healthy requests sampled at the routers.',
      at: since(intake.since),
    },
  ]
}

function lagNote({ lag }: WireHealth, nowMs: number): readonly HealthNote[] {
  const { overdueSince, spans, derivingAnew } = lag
  if (derivingAnew) return [anewNote(spans)]
  if (overdueSince === null || nowMs - Date.parse(overdueSince) < LAG_MS) return []
  return [
    {
      key: 'lag',
      tone: 'medium',
      title: 'Verdicts are late',
      detail: `${formatPlural(spans, 'span')} are stored and not judged yet, so that the newest failures are not on this page.`,
      next: 'After a restart or a burst it catches up by itself; if it lasts, the machine is too small for what is sent.',
      at: since(overdueSince),
    },
  ]
}

/** All is well, and the page stays empty: only here is that told from a router that rests. */
function noRequestNote(health: WireHealth): readonly HealthNote[] {
  const { spansStored, spansUnrecognised, spansWithoutRequest, requestsPending, lag } = health
  const settled = requestsPending === 0 && lag.spans === 0
  const all = spansWithoutRequest + spansUnrecognised >= spansStored
  if (spansWithoutRequest === 0 || !settled || !all) return []
  return [
    {
      key: 'no request',
      tone: 'medium',
      title: 'Spans are understood, and none tells of a request',
      detail: `${formatPlural(spansWithoutRequest, 'span')} tell of health checks, admin pages, embeddings, tools or agents alone.`,
      next: 'Ask a model through the router once. If the page stays empty, its spans are dropped on the way: look at the filters and the sampling of the sender and of the Collector.',
      at: undefined,
    },
  ]
}

function anewNote(spans: number): HealthNote {
  return {
    key: 'anew',
    tone: 'medium',
    title: 'Verdicts are being derived anew',
    detail: `Their file was removed or damaged, or this release reads spans otherwise than the one before it. ${formatPlural(spans, 'span')} are still to be judged: until then requests and incidents are missing here, and figures are too low.`,
    next: 'Nothing: it goes on by itself. What people did to incidents is kept.',
    at: undefined,
  }
}

function refusedNotes({ refused }: WireHealth, nowMs: number): readonly HealthNote[] {
  const recent = refused.filter(({ lastAt }) => nowMs - Date.parse(lastAt) < REFUSED_MS)
  const notes = recent.slice(0, REFUSED_SHOWN).map((sender): HealthNote => {
    const { reason, remoteAddress, count, lastAt } = sender
    return {
      key: `refused ${reason} ${remoteAddress}`,
      tone: 'medium',
      title: `${remoteAddress === '' ? 'A sender' : remoteAddress} is refused: ${REFUSAL_WORDS[reason]}`,
      detail: `${formatPlural(count, 'export request')}; ${LOST[reason] ?? 'the spans in them are not here'}.`,
      next: REFUSAL_REMEDIES[reason],
      at: { word: 'last', time: lastAt },
    }
  })
  const more = recent.length - notes.length
  return more <= 0 ? notes : [...notes, moreRefused(more)]
}

function moreRefused(count: number): HealthNote {
  return {
    key: 'refused more',
    tone: 'medium',
    title: `${formatPlural(count, 'more sender')} are refused`,
    detail: 'In the last hour; their spans are not here.',
    next: 'Set one of the above right, and see whether the others go with it. /api/v1/health lists them all.',
    at: undefined,
  }
}

function since(time: string | null): HealthNote['at'] {
  return time === null ? undefined : { word: 'since', time }
}

/** Where it is not the spans of this sender. */
const LOST: Partial<Readonly<Record<WireRefusedSender['reason'], string>>> = {
  'not-otlp': 'spans, if there were any in them, are not here',
  'token-rotating': 'it is asked to come again, and keeps its spans for some minutes',
}

const REFUSAL_WORDS: Readonly<Record<WireRefusedSender['reason'], string>> = {
  'no-token': 'it shows no token',
  'wrong-token': 'its token is not known',
  'token-rotating': 'its token is not known yet',
  'wrong-host': 'it calls the analyzer by another name',
  'not-otlp': 'what it sends is not OTLP traces',
  'too-large': 'its batches are too large',
  malformed: 'its bodies cannot be read',
  slow: 'its bodies do not arrive in time',
  busy: 'more arrives than can be stored',
  unavailable: 'nothing can be stored right now',
}

const REFUSAL_REMEDIES: Readonly<Record<WireRefusedSender['reason'], string>> = {
  'no-token': 'Set OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN there.',
  'wrong-token': 'Give it the token of its token_file, or put its token there as a second line.',
  'token-rotating': 'Nothing, if tokens are being changed; else give it the new one.',
  'wrong-host': 'Start the analyzer with --allowed-host and that name, or use its address.',
  'not-otlp':
    'Only traces are read, at /v1/traces: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf there, and switch its logs and metrics off.',
  'too-large': 'Lower its batch size, or raise analyzer.ingest.body_mib.',
  malformed:
    'Something between it and the analyzer may change the bodies; its log has the details.',
  slow: 'Look at the network between it and the analyzer; it comes again.',
  busy: 'Nothing: it comes again.',
  unavailable: 'Nothing: it comes again.',
}
