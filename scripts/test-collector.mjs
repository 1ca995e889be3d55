#!/usr/bin/env node
// Puts the real OpenTelemetry Collector, with otel-collector.yaml as it is, between a sender and
// the analyzer, kills the analyzer in mid-stream and starts it again: every span that the Collector
// acknowledged must arrive, and no byte of a prompt or a key may be on disk on the way. Then the
// same over gRPC while the analyzer has no room.
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const BUILDER = 'go.opentelemetry.io/collector/cmd/builder@v0.161.0'
const BATCHES = 120
const SPANS_PER_BATCH = 25
const PROMPT_CANARY = 'the-canary-sang-in-the-prompt'
const KEY_CANARY = 'sk-canary0123456789abcdef'
const DEADLINE_MS = 120_000

const children = new Set()
const say = (text) => process.stderr.write(`${text}\n`)

if (spawnSync('go', ['version']).status !== 0) {
  say('skipped: Go is not installed, and the Collector has to be built with it (go.dev/dl)')
  process.exit(0)
}

try {
  await main()
} catch (error) {
  say(`failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
} finally {
  for (const child of children) child.kill('SIGKILL')
}

async function main() {
  const collector = await buildCollector()
  const work = mkdtempSync(join(tmpdir(), 'secondwind-collector-'))
  try {
    await run(collector, work)
  } finally {
    for (const child of children) child.kill('SIGKILL')
    rmSync(work, { recursive: true, force: true })
  }
}

async function run(collector, work) {
  const ports = {
    otlp: await freePort(),
    page: await freePort(),
    grpc: await freePort(),
    http: await freePort(),
    health: await freePort(),
  }
  const env = {
    ...process.env,
    SECONDWIND_QUEUE_DIR: join(work, 'queue'),
    SECONDWIND_ARCHIVE_DIR: join(work, 'archive'),
    SECONDWIND_GRPC_ENDPOINT: `127.0.0.1:${ports.grpc}`,
    SECONDWIND_HTTP_ENDPOINT: `127.0.0.1:${ports.http}`,
    SECONDWIND_HEALTH_ENDPOINT: `127.0.0.1:${ports.health}`,
    SECONDWIND_ANALYZER_ENDPOINT: `http://127.0.0.1:${ports.otlp}`,
  }
  const config = join(root, 'otel-collector.yaml')
  const validated = spawnSync(collector, ['validate', '--config', config], {
    env,
    encoding: 'utf8',
  })
  if (validated.status !== 0)
    throw new Error(`otel-collector.yaml is not valid:\n${validated.stderr}`)
  say('ok: otel-collector.yaml is valid')

  let analyzer = await startAnalyzer(work, ports)
  start(collector, ['--config', config], { env })
  await until('the Collector to be healthy', () => answers(`http://127.0.0.1:${ports.health}/`))

  const acked = new Set()
  for (let batch = 0; batch < BATCHES; batch += 1) {
    if (batch === BATCHES / 3) {
      analyzer.kill('SIGKILL')
      say(`killed the analyzer after ${acked.size} spans`)
    }
    if (batch === (2 * BATCHES) / 3) {
      assertQueueOnDisk(env.SECONDWIND_QUEUE_DIR)
      analyzer = await startAnalyzer(work, ports)
      say(`started it again after ${acked.size} spans`)
    }
    await sendBatch(ports.http, acked)
  }
  await until(`${acked.size} spans to be stored`, async () => {
    const health = await getJson(`http://127.0.0.1:${ports.page}/api/v1/health`)
    return health.spansStored >= acked.size
  })
  const health = await getJson(`http://127.0.0.1:${ports.page}/api/v1/health`)
  if (health.spansStored !== acked.size) {
    throw new Error(`${acked.size} spans were acknowledged, ${health.spansStored} are stored`)
  }
  say(`ok: ${acked.size} spans acknowledged by the Collector, ${health.spansStored} stored`)
  assertNoCanary(work)
  say('ok: no prompt and no key in the queue, the archive or the data folder')
  if (!readdirSync(join(work, 'archive')).some((name) => name.endsWith('.jsonl'))) {
    throw new Error('the archive is empty')
  }
  say('ok: the archive has been written')
  for (const child of children) child.kill('SIGKILL')
  await overGrpcWhileBusy(collector, join(work, 'grpc'))
  say('2 passed, 0 failed')
}

/**
 * The Collector's other exporter, over gRPC, while the analyzer has no room: what it is told to
 * repeat must arrive, all of it.
 */
async function overGrpcWhileBusy(collector, work) {
  mkdirSync(work)
  const ports = {
    otlp: await freePort(),
    page: await freePort(),
    grpc: await freePort(),
    http: await freePort(),
    health: await freePort(),
  }
  const analyzerGrpc = await freePort()
  const analyzerConfig = join(work, 'analyzer.yaml')
  writeFileSync(analyzerConfig, 'analyzer: { ingest: { body_mib: 4, queue_mib: 4 } }\n')
  const config = join(work, 'collector.yaml')
  writeFileSync(
    config,
    `receivers: { otlp: { protocols: { http: { endpoint: 127.0.0.1:${ports.http} } } } }
exporters:
  otlp_grpc:
    endpoint: 127.0.0.1:${analyzerGrpc}
    tls: { insecure: true }
    compression: gzip
    retry_on_failure: { max_elapsed_time: 0s }
    sending_queue: { queue_size: 10000 }
extensions: { health_check: { endpoint: 127.0.0.1:${ports.health} } }
service:
  extensions: [health_check]
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [otlp_grpc] } }
`,
  )
  await startAnalyzer(work, ports, ['--config', analyzerConfig, `--otlp-grpc-port=${analyzerGrpc}`])
  start(collector, ['--config', config], { env: process.env })
  await until('the Collector to be healthy', () => answers(`http://127.0.0.1:${ports.health}/`))
  const holders = [hold(ports.otlp), hold(ports.otlp)]
  await until('the analyzer to be busy', async () => (await busyAnswers(ports.page)) > 0)
  const busyBefore = await busyAnswers(ports.page)
  const acked = new Set()
  for (let batch = 0; batch < BATCHES / 3; batch += 1) await sendBatch(ports.http, acked)
  await until('the exporter to be sent away', async () => {
    return (await busyAnswers(ports.page)) > busyBefore
  })
  for (const holder of holders) holder.destroy()
  await until(`${acked.size} spans to be stored`, async () => {
    const health = await getJson(`http://127.0.0.1:${ports.page}/api/v1/health`)
    return health.spansStored >= acked.size
  })
  const { spansStored } = await getJson(`http://127.0.0.1:${ports.page}/api/v1/health`)
  if (spansStored !== acked.size) {
    throw new Error(`${acked.size} spans were acknowledged, ${spansStored} are stored`)
  }
  say(`ok: over gRPC, told to wait for a while: ${acked.size} acknowledged, ${spansStored} stored`)
}

/** One of two bodies of the largest size that are held back half-way fills the queue. */
function hold(port) {
  const length = 4 * 1024 * 1024
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(
    `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: ${length}\r\n\r\n`,
  )
  socket.write(Buffer.alloc(length - 1))
  socket.resume()
  return socket
}

async function busyAnswers(port) {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  return Number(/reason="busy"[^\n]*\} (\d+)/u.exec(metrics)?.[1] ?? 0)
}

async function buildCollector() {
  const manifest = join(root, 'scripts', 'otelcol-manifest.yaml')
  const version = createHash('sha256').update(readFileSync(manifest)).digest('hex').slice(0, 12)
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'secondwind')
  const folder = join(cache, `otelcol-${version}`)
  const binary = join(folder, 'out', 'otelcol')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  say('building the Collector with Go: some four minutes, once')
  const began = Date.now()
  const ticker = setInterval(() => say(`  … ${Math.round((Date.now() - began) / 1000)} s`), 20_000)
  try {
    await finish(start('go', ['install', BUILDER], { env: { ...process.env, GOBIN: folder } }))
    await finish(start(join(folder, 'builder'), ['--config', manifest], { cwd: folder }))
  } finally {
    clearInterval(ticker)
  }
  return binary
}

function start(command, args, options) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options })
  let stderr = ''
  child.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-8000)))
  child.lastWords = () => stderr
  children.add(child)
  child.on('exit', () => children.delete(child))
  return child
}

function finish(child) {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${child.spawnfile}: ${child.lastWords()}`)),
    )
  })
}

async function startAnalyzer(work, ports, more = ['--otlp-grpc-port=0']) {
  const args = ['analyzer', '--data-dir', join(work, 'data'), '--port', String(ports.page)]
  const child = start(process.execPath, [
    join(root, 'dist', 'cli', 'main.js'),
    ...args,
    '--otlp-http-port',
    String(ports.otlp),
    ...more,
  ])
  await until('the analyzer to be ready', () => answers(`http://127.0.0.1:${ports.page}/readyz`))
  return child
}

async function sendBatch(port, acked) {
  const traceId = randomBytes(16).toString('hex')
  const now = BigInt(Date.now()) * 1_000_000n
  const spans = Array.from({ length: SPANS_PER_BATCH }, (_, index) => ({
    traceId,
    spanId: randomBytes(8).toString('hex'),
    name: `litellm_request ${KEY_CANARY}`,
    kind: 1,
    startTimeUnixNano: String(now + BigInt(index)),
    endTimeUnixNano: String(now + 1_000_000n),
    attributes: [
      { key: 'gen_ai.request.model', value: { stringValue: 'some-model' } },
      { key: 'llm.openai.messages', value: { stringValue: PROMPT_CANARY } },
      { key: 'error.message', value: { stringValue: `no access with ${KEY_CANARY}` } },
      { key: 'never.heard.of', value: { stringValue: PROMPT_CANARY } },
    ],
    status: { code: 2, message: `refused ${KEY_CANARY}` },
  }))
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'litellm' } }] }
  const body = {
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'litellm' }, spans }] }],
  }
  const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  await answer.text()
  if (answer.status === 200) for (const span of spans) acked.add(span.spanId)
}

function assertQueueOnDisk(folder) {
  if (!existsSync(folder) || readdirSync(folder).length === 0) {
    throw new Error(`no queue file in ${folder}: is a key of sending_queue misspelt?`)
  }
}

function assertNoCanary(folder) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath ?? entry.path, entry.name)
    const bytes = readFileSync(path)
    for (const canary of [PROMPT_CANARY, KEY_CANARY]) {
      if (bytes.includes(canary)) throw new Error(`${canary} is in ${path}`)
    }
  }
}

async function until(what, holds) {
  const deadline = Date.now() + DEADLINE_MS
  while (Date.now() < deadline) {
    if (await holds().catch(() => false)) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`waited ${DEADLINE_MS / 1000} s for ${what}`)
}

async function answers(url) {
  return (await fetch(url)).ok
}

async function getJson(url) {
  return (await fetch(url)).json()
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
