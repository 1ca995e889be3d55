import { Worker } from 'node:worker_threads'

import type { ApiAnswer } from '../api/query.ts'
import { builtUrl } from '../built-url.ts'
import type { AnalyzerConfig } from '../config/config.ts'
import type { ExportBody, IngestAnswer } from '../ingest/ingestor.ts'
import type { IngestReport } from '../ingest/ingest-report.ts'
import type { ShedSignal } from '../ingest/shed-signal.ts'
import type { KeepingReport } from '../store/keeping-report.ts'
import type { StorePlace } from '../store/open-store.ts'
import type { DataFolder } from '../store/sqlite/data-folder.ts'
import { RestartedThread } from './restarted-thread.ts'
import { WorkerCalls } from './worker-calls.ts'
import type {
  IngestWorkerData,
  JudgeCall,
  JudgeEvent,
  JudgeWorkerData,
  KeeperWorkerData,
} from './worker-data.ts'
import type { WriteLog } from '../log.ts'

export type IngestCalls = WorkerCalls<ExportBody, IngestAnswer, IngestReport>
export type JudgeCalls = WorkerCalls<JudgeCall, ApiAnswer, JudgeEvent>

export interface ThreadOptions {
  readonly config: AnalyzerConfig
  readonly folder: DataFolder
  readonly log: WriteLog
  /** An analyzer without one of its threads would acknowledge or show nothing, and look alive. */
  readonly onDeath: (reason: string) => void
}

export interface IngestThread {
  readonly shed: ShedSignal
  readonly onReport: (report: IngestReport) => void
}

/** The thread that decodes, strips and commits. */
export function startIngest(
  { config, folder, log, onDeath }: ThreadOptions,
  { shed, onReport }: IngestThread,
): IngestCalls {
  const data: IngestWorkerData = {
    store: storePlace(config, folder),
    salt: folder.salt,
    // A source that has a token is told by it, and by nothing that a sender can write.
    sources: config.sources.flatMap(({ name, match, tokenFile }) =>
      tokenFile === undefined ? [{ name, match }] : [],
    ),
    bodyBytesMax: config.ingest.bodyBytesMax,
    shed: shed.buffer,
  }
  return new WorkerCalls(
    new Worker(builtUrl('analyzer/threads/ingest-worker.js'), { workerData: data }),
    {
      log,
      onEvent: onReport,
      onDeath: (reason) => onDeath(`the ingest thread died: ${reason}`),
    },
  )
}

/** The thread that settles, judges and answers reads. */
export function startJudge(
  { config, folder, log, onDeath }: ThreadOptions,
  onEvent: (event: JudgeEvent) => void,
): JudgeCalls {
  const { spanAgeMsMax, requestsMax, incidentAgeMsMax } = config.retention
  const data: JudgeWorkerData = {
    store: storePlace(config, folder),
    settleMs: config.settleMs,
    ruleOptions: config.rules,
    routerConfigs: new Map(
      config.sources.flatMap(({ name, routerConfig }) =>
        routerConfig === undefined ? [] : [[name, routerConfig]],
      ),
    ),
    limits: { requestAgeMsMax: spanAgeMsMax, requestsMax, incidentAgeMsMax },
  }
  return new WorkerCalls(
    new Worker(builtUrl('analyzer/threads/judge-worker.js'), { workerData: data }),
    {
      log,
      onEvent,
      onDeath: (reason) => onDeath(`the judging thread died: ${reason}`),
    },
  )
}

export interface KeeperOptions extends Omit<ThreadOptions, 'onDeath'> {
  readonly onReport: (report: KeepingReport) => void
}

/**
 * The thread that drops and packs what is old. Without it the analyzer takes, judges and shows
 * spans as ever: it is started again, and no reason to end.
 */
export function startKeeper({ config, folder, log, onReport }: KeeperOptions): RestartedThread {
  const data: KeeperWorkerData = { store: storePlace(config, folder) }
  const url = builtUrl('analyzer/threads/keeper-worker.js')
  return new RestartedThread({
    start: (onDeath) =>
      new WorkerCalls<never, never, KeepingReport>(new Worker(url, { workerData: data }), {
        log,
        onEvent: onReport,
        onDeath,
      }),
    onDeath: (reason) => {
      log(`the keeping thread died, and is started again: ${reason}`, 'error')
      const trouble = 'the thread that packs and drops old spans died; it is started again'
      onReport({ trouble, damaged: [], setAsideBytes: 0, parts: undefined })
    },
  })
}

function storePlace({ retention }: AnalyzerConfig, { path }: DataFolder): StorePlace {
  const { spanAgeMsMax, spanBytesMax } = retention
  return { path, limits: { ageMsMax: spanAgeMsMax, bytesMax: spanBytesMax } }
}

/** The body's memory, to be handed to a thread rather than copied. */
export function toTransfer({ buffer }: Uint8Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer ? [buffer] : []
}
