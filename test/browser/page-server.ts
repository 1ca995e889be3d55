import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pageFolder = join(root, 'dist/dashboard')

/** The policy that the analyzer sends with the page; every violation of it fails a test. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
  "require-trusted-types-for 'script'",
].join('; ')

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
}

/**
 * What the API answers at a path below /api/v1/; `undefined`: nothing, the connection is cut.
 * `posted`: what was sent there, where anything was, and under which key.
 */
export type Answer = (
  path: string,
  posted?: unknown,
  key?: string,
) => { readonly status?: number; readonly body: unknown } | undefined

export interface PageServer {
  readonly url: string
  answer: Answer
  /** Tells every open page that something changed, as the analyzer's live feed does. */
  announce(): void
  close(): Promise<void>
}

/** Test files run beside each other, and only one of them may build. */
const buildLock = join(root, 'dist/dashboard.lock')
/** Many times what a build takes; a lock that is older was left by a run that was killed. */
const LOCK_STALE_MS = 60_000
const LOCK_POLL_MS = 100

/** Builds the page if it is missing or older than its sources. */
export async function buildPage(): Promise<void> {
  while (!takeLock()) await delay(LOCK_POLL_MS)
  try {
    if (isPageFresh()) return
    const vite = spawnSync(
      process.execPath,
      ['node_modules/vite/bin/vite.js', 'build', 'dashboard'],
      // The runner's own NODE_ENV would build React's development version.
      { cwd: root, encoding: 'utf8', env: { ...process.env, NODE_ENV: 'production' } },
    )
    if (vite.status !== 0) throw new Error(`the page does not build:\n${vite.stdout}${vite.stderr}`)
  } finally {
    rmSync(buildLock, { recursive: true, force: true })
  }
}

function takeLock(): boolean {
  try {
    mkdirSync(join(root, 'dist'), { recursive: true })
    mkdirSync(buildLock)
    return true
  } catch {
    // Somebody else builds; a lock that vanished meanwhile is simply tried again.
    const takenMs = statSync(buildLock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - takenMs > LOCK_STALE_MS) rmSync(buildLock, { recursive: true, force: true })
    return false
  }
}

function isPageFresh(): boolean {
  const index = join(pageFolder, 'index.html')
  return existsSync(index) && statSync(index).mtimeMs >= newestFileMs(join(root, 'dashboard'))
}

/** Serves the built page as the analyzer does, and an API that answers what the test says. */
export async function startPageServer(answer: Answer): Promise<PageServer> {
  const feeds = new Set<ServerResponse>()
  const current = { answer }
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/api/v1/live') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': open\n\n')
      feeds.add(response)
      response.once('close', () => feeds.delete(response))
    } else if (url.pathname.startsWith('/api/v1/')) {
      const path = url.pathname.slice('/api/v1/'.length) + url.search
      const key = request.headers['idempotency-key']?.toString()
      void readPosted(request).then((posted) =>
        answerApi(response, current.answer(path, posted, key)),
      )
    } else serveFile(response, url.pathname)
  })
  const port = await listen(server)
  return {
    url: `http://127.0.0.1:${port}`,
    set answer(next: Answer) {
      current.answer = next
    },
    get answer() {
      return current.answer
    },
    announce: () => {
      for (const feed of feeds) feed.write('data: {}\n\n')
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readPosted(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString())
}

function answerApi(response: ServerResponse, answer: ReturnType<Answer>): void {
  if (answer === undefined) {
    response.destroy()
    return
  }
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer.body))
}

function serveFile(response: ServerResponse, pathname: string): void {
  const path = join(pageFolder, normalize(pathname))
  const isFile = path.startsWith(pageFolder) && existsSync(path) && statSync(path).isFile()
  const file = isFile ? path : join(pageFolder, 'index.html')
  response.writeHead(200, {
    'content-type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
  })
  response.end(readFileSync(file))
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function newestFileMs(folder: string): number {
  const times = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs)
  return Math.max(...times)
}
