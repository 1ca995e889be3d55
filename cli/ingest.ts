import { setTimeout as wait } from 'node:timers/promises'

import { EXIT, type Command, type CommandIo } from './command.ts'
import { CommandError } from './command-error.ts'
import { createDryRun } from './ingest/dry-run.ts'
import { ingestFile, type FileReport } from './ingest/ingest-file.ts'
import { IngestProgress } from './ingest/ingest-progress.ts'
import { readTokenFile } from './ingest/read-token-file.ts'
import { Sender } from './ingest/send-batch.ts'
import { describeProblems, toJson, toText, toTotal } from './ingest/write-report.ts'
import { parseFlags } from './parse-flags.ts'

const RECEIVER_DEFAULT = 'http://127.0.0.1:4318'
/** As many as a shell hands over. */
const FILES_MAX = 100_000

export const ingest: Command = {
  name: 'ingest',
  summary: 'Send recorded traces to a running analyzer',
  help: `Examples:
  secondwind ingest traces.jsonl
  secondwind ingest --to http://analyzer:4318 --token-file token archive/*.jsonl.gz
  kubectl logs collector | secondwind ingest -
  secondwind ingest --dry-run --json traces.pb

Usage: secondwind ingest FILE... | - [options]

Sends OTLP traces from files, of any size, to an OTLP/HTTP receiver: JSON; one JSON document per
line, as the Collector's file exporter writes them; protobuf, also as the file exporter writes it,
each message behind its length. Plain or gzip, told by content and never by name. A bad line or
span costs itself only. While the analyzer asks for that, the same is sent again; spans that are
there already are not stored twice, so that a run that was cut can be repeated.

Options:
  --to URL            default ${RECEIVER_DEFAULT}; /v1/traces is appended unless a path is there
  --token-file FILE   the token that the analyzer expects
  --dry-run           send nothing: say what would be accepted
  --json              one JSON document on stdout
  --help              this text

Exit codes: 0 all accepted, 2 usage, 3 unusable token file, 4 the receiver cannot be reached or takes
nothing from here, 5 a file or a part of it is unreadable or no OTLP, 6 spans were rejected
docs/trace-files.md tells what may stand in a file.
`,
  run: async (argv, io) => {
    const { values, positionals } = parseFlags(
      argv,
      {
        to: { type: 'string' },
        'token-file': { type: 'string' },
        'dry-run': { type: 'boolean' },
        json: { type: 'boolean' },
      },
      FILES_MAX,
    )
    const paths = expectFiles(positionals)
    const url = values['dry-run'] === true ? undefined : toTracesUrl(values.to)
    const tokenFile = values['token-file']
    const token = tokenFile === undefined ? undefined : readTokenFile(tokenFile)
    return run({ paths, url, token, json: values.json === true }, io)
  },
}

interface Run {
  readonly paths: readonly string[]
  /** Undefined on a dry run. */
  readonly url: string | undefined
  readonly token: string | undefined
  readonly json: boolean
}

async function run({ paths, url, token, json }: Run, io: CommandIo): Promise<number> {
  const progress = new IngestProgress(io.stderr, Date.now)
  const send =
    url === undefined
      ? createDryRun()
      : new Sender({
          url,
          token,
          now: Date.now,
          wait: (ms) => wait(ms),
          onWait: (reason, ms) => progress.waiting(reason, ms),
        }).send
  const files: FileReport[] = []
  try {
    for (const path of paths) {
      // oxlint-disable-next-line no-await-in-loop
      const file = await ingestFile({
        path,
        stdin: io.stdin,
        send,
        onProgress: (report, input) => progress.show(report, input),
      })
      progress.clear()
      for (const line of describeProblems(file)) io.stderr.write(`secondwind ingest: ${line}\n`)
      files.push(file)
      if (!json) io.stdout.write(toText({ to: url, files: [file] }))
    }
  } finally {
    progress.clear()
  }
  io.stdout.write(json ? `${toJson({ to: url, files })}\n` : toTotal({ to: url, files }))
  if (files.some(({ problems }) => problems.count > 0)) return EXIT.data
  return files.some(({ rejected }) => rejected > 0) ? EXIT.partial : EXIT.ok
}

function expectFiles(paths: readonly string[]): readonly string[] {
  if (paths.length === 0) {
    throw new CommandError('USAGE', {
      message: 'no FILE given',
      hint: 'name one or several, or - for stdin',
    })
  }
  if (paths.filter((path) => path === '-').length > 1) {
    throw new CommandError('USAGE', {
      message: '- is given twice',
      hint: 'stdin can be read once',
    })
  }
  return paths
}

function toTracesUrl(text = RECEIVER_DEFAULT): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/u.test(url.protocol)) {
    throw new CommandError('USAGE', {
      message: `--to: expected an address with http:// or https://, found "${text}"`,
      hint: `for instance ${RECEIVER_DEFAULT}`,
    })
  }
  if (url.username !== '' || url.password !== '') {
    throw new CommandError('USAGE', {
      message: '--to: an address with a name or a password in it would be seen by others',
      hint: 'put the token into a file and pass --token-file FILE',
    })
  }
  if (url.pathname === '/') url.pathname = '/v1/traces'
  return url.href
}
