import type { Command } from './command.ts'

interface CommandEntry {
  readonly summary: string
  /** Loaded only when asked for: `--help` must not wait for a database or a telemetry SDK. */
  load(): Promise<Command>
}

/** Every subcommand, in the order of `--help`. */
export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  [
    'demo',
    {
      summary: 'Break streams on purpose and show what becomes of them',
      load: async () => (await import('./demo.ts')).demo,
    },
  ],
  [
    'serve',
    {
      summary: 'Run sidecar, analyzer and page together',
      load: async () => (await import('./serve.ts')).serve,
    },
  ],
  [
    'sidecar',
    {
      summary: 'Run the fallback router alone',
      load: async () => (await import('./sidecar.ts')).sidecar,
    },
  ],
  [
    'analyzer',
    {
      summary: 'Run the trace receiver, its rules, API and page alone',
      load: async () => (await import('./analyzer.ts')).analyzer,
    },
  ],
  [
    'incidents',
    {
      summary: 'Look at incidents, and acknowledge, resolve, mute or note them',
      load: async () => (await import('./incidents.ts')).incidents,
    },
  ],
  [
    'trace',
    {
      summary: 'Show a trace with its attempts and the verdict on it',
      load: async () => (await import('./trace.ts')).trace,
    },
  ],
  [
    'classify',
    {
      summary: 'Say of recorded traces what happened to each request, and why',
      load: async () => (await import('./classify.ts')).classify,
    },
  ],
  [
    'rules',
    {
      summary: 'List the incident classes, and test verdicts on your own recordings',
      load: async () => (await import('./rules.ts')).rules,
    },
  ],
  [
    'ingest',
    {
      summary: 'Send recorded traces to a running analyzer',
      load: async () => (await import('./ingest.ts')).ingest,
    },
  ],
  [
    'db',
    {
      summary: "Look after the analyzer's data: figures, check, backup, prune",
      load: async () => (await import('./db.ts')).db,
    },
  ],
  [
    'validate',
    {
      summary: 'Check a configuration file and show what it means',
      load: async () => (await import('./validate.ts')).validate,
    },
  ],
  [
    'version',
    {
      summary: 'Print the version',
      load: async () => (await import('./version.ts')).version,
    },
  ],
])
