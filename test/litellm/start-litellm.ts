import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const MASTER_KEY = 'sk-litellm-master'

export interface LiteLlm {
  readonly url: string
  stop(): Promise<void>
}

export interface LiteLlmSetup {
  /** LiteLLM's `config.yaml`; JSON is YAML. */
  readonly config: object
  readonly environment?: Readonly<Record<string, string>>
}

const LOG_CHARS_MAX = 20_000

/** A real LiteLLM proxy, without a database, from the command that the script has installed. */
export async function startLiteLlm(setup: LiteLlmSetup): Promise<LiteLlm> {
  const command = process.env['SECONDWIND_LITELLM']
  if (command === undefined) {
    throw new Error('SECONDWIND_LITELLM names no `litellm`: run this by `npm run test:litellm`')
  }
  const folder = mkdtempSync(join(tmpdir(), 'secondwind-litellm-'))
  const file = join(folder, 'config.yaml')
  writeFileSync(file, JSON.stringify(setup.config))
  const port = await freePort()
  const child = spawn(command, ['--config', file, '--host', '127.0.0.1', '--port', `${port}`], {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      // It looks prices up on the network at its start, and waits for an answer.
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
      ...setup.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  const keep = (text: string): void => {
    log = (log + text).slice(-LOG_CHARS_MAX)
  }
  child.stdout.setEncoding('utf8').on('data', keep)
  child.stderr.setEncoding('utf8').on('data', keep)
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    const onText = (): void => {
      if (log.includes('Uvicorn running on')) resolve()
    }
    child.stdout.on('data', onText)
    child.stderr.on('data', onText)
    child.once('close', () => reject(new Error(`LiteLLM ended at its start:\n${log}`)))
  })
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
