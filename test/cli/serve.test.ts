import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startProvider } from '../../demo/provider/start-provider.ts'
import { childrenOf, isRunning } from '../support/processes.ts'
import { type RunningCommand, runCommand, startCommand } from '../support/start-command.ts'

// Real processes, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const CONFIG = `
model_list:
  - model_name: gpt
    litellm_params: {model: openai/gpt-4o, api_base: "http://127.0.0.1:9/v1", api_key: k}
`
const ANALYZER_READY =
  /^secondwind analyzer ready: page http:\/\/127\.0\.0\.1:(\d+), OTLP\/HTTP http:\/\/127\.0\.0\.1:(\d+), OTLP\/gRPC \S+$/
const SIDECAR_READY = /^secondwind sidecar ready: (http:\/\/127\.0\.0\.1:\d+)$/
const FAR_AWAY = { timeout: 20_000, interval: 50 }

let folder: string
let running: RunningCommand[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secondwind-serve-'))
  writeFileSync(join(folder, 'config.yaml'), CONFIG)
  running = []
})

afterEach(async () => {
  for (const command of running) {
    const children = childrenOf(command.pid)
    command.kill('SIGKILL')
    // Before its end is waited for: they share its stdout.
    for (const pid of children.values()) if (isRunning(pid)) process.kill(pid, 'SIGKILL')
    await command.ended
  }
  rmSync(folder, { recursive: true, force: true })
})

function serve(...more: readonly string[]): RunningCommand {
  const ports = [
    '--port',
    '0',
    '--page-port',
    '0',
    '--otlp-http-port',
    '0',
    '--otlp-grpc-port',
    '0',
  ]
  const command = startCommand(['serve', '--data-dir', join(folder, 'data'), ...ports, ...more], {
    cwd: folder,
  })
  running.push(command)
  return command
}

async function up(command: RunningCommand) {
  const analyzerLine = await command.waitForLine(ANALYZER_READY)
  const sidecarLine = await command.waitForLine(SIDECAR_READY)
  const children = childrenOf(command.pid)
  return {
    analyzerLine,
    sidecarLine,
    analyzerPid: children.get('analyzer') ?? 0,
    sidecarPid: children.get('sidecar') ?? 0,
    url: SIDECAR_READY.exec(sidecarLine)?.[1] ?? '',
  }
}

describe('serve', () => {
  test('starts both, says where, and stops both at SIGTERM with exit code 0', async () => {
    const command = serve()
    const { analyzerPid, sidecarPid, url } = await up(command)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    command.kill('SIGTERM')
    const { exitCode, stdout } = await command.ended
    expect([exitCode, stdout]).toEqual([0, ''])
    expect([isRunning(analyzerPid), isRunning(sidecarPid)]).toEqual([false, false])
  })

  test('starts a killed sidecar again at its address, and leaves the analyzer alone', async () => {
    const command = serve()
    const before = await up(command)
    process.kill(before.sidecarPid, 'SIGKILL')
    expect(await command.waitForLine(SIDECAR_READY, 1)).toBe(before.sidecarLine)
    const children = childrenOf(command.pid)
    expect(children.get('analyzer')).toBe(before.analyzerPid)
    expect(children.get('sidecar')).not.toBe(before.sidecarPid)
    expect((await fetch(`${before.url}/readyz`)).status).toBe(200)
  })

  test('starts a killed analyzer again at its addresses, and leaves the sidecar alone', async () => {
    const command = serve()
    const before = await up(command)
    process.kill(before.analyzerPid, 'SIGKILL')
    expect(await command.waitForLine(ANALYZER_READY, 1)).toBe(before.analyzerLine)
    const children = childrenOf(command.pid)
    expect(children.get('sidecar')).toBe(before.sidecarPid)
    expect(children.get('analyzer')).not.toBe(before.analyzerPid)
    expect((await fetch(`${before.url}/readyz`)).status).toBe(200)
  })

  test('takes its children along when it is killed itself', async () => {
    const command = serve()
    const { analyzerPid, sidecarPid } = await up(command)
    command.kill('SIGKILL')
    await vi.waitFor(
      () => expect([isRunning(analyzerPid), isRunning(sidecarPid)]).toEqual([false, false]),
      FAR_AWAY,
    )
  })

  test('lets a running stream end when it is stopped, and keeps what it told of it', async () => {
    const provider = await startProvider()
    writeFileSync(
      join(folder, 'config.yaml'),
      CONFIG.replace('openai/gpt-4o', 'openai/healthy+pace-20').replace(
        'http://127.0.0.1:9/v1',
        `${provider.url}/v1`,
      ),
    )
    const command = serve()
    const { url } = await up(command)
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'gpt',
        stream: true,
        messages: [{ role: 'user', content: 'Count to sixty.' }],
      }),
    })
    command.kill('SIGTERM')
    const text = await response.text()
    expect(text).toContain('word-60')
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true)
    expect((await command.ended).exitCode).toBe(0)
    await provider.stop()
    const ports = ['--port', '0', '--otlp-http-port', '0', '--otlp-grpc-port', '0']
    const analyzer = startCommand(['analyzer', '--data-dir', join(folder, 'data'), ...ports])
    running.push(analyzer)
    const page = /page (\S+),/.exec(await analyzer.waitForLine(ANALYZER_READY))?.[1] ?? ''
    await vi.waitFor(async () => {
      const document = await (await fetch(`${page}/api/v1/requests`)).json()
      expect(document).toMatchObject({ requests: [{ route: 'gpt', outcome: 'ok' }] })
    }, FAR_AWAY)
  })

  test('stops at once at a second signal', async () => {
    const command = serve()
    const { analyzerPid, sidecarPid } = await up(command)
    command.kill('SIGINT')
    command.kill('SIGINT')
    expect((await command.ended).exitCode).toBe(0)
    expect([isRunning(analyzerPid), isRunning(sidecarPid)]).toEqual([false, false])
  })

  test('serves requests while the analyzer still starts, and what they told gets there', async () => {
    const provider = await startProvider()
    writeFileSync(
      join(folder, 'config.yaml'),
      CONFIG.replace('gpt-4o', 'healthy').replace('http://127.0.0.1:9/v1', `${provider.url}/v1`),
    )
    // The analyzer reads it first of all, and waits for as long as nobody has written.
    const pipe = join(folder, 'router.yaml')
    execFileSync('sh', ['-c', 'mkfifo "$0"', pipe])
    const command = serve('--router-config', pipe)
    const url = SIDECAR_READY.exec(await command.waitForLine(SIDECAR_READY))?.[1] ?? ''
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt', messages: [{ role: 'user', content: 'Hello.' }] }),
    })
    expect(response.status).toBe(200)
    expect(command.stderr()).not.toMatch(/^secondwind analyzer ready/mu)
    await writeFile(pipe, CONFIG)
    const page = /page (\S+),/.exec(await command.waitForLine(ANALYZER_READY))?.[1] ?? ''
    await vi.waitFor(async () => {
      const document = await (await fetch(`${page}/api/v1/requests`)).json()
      expect(document).toMatchObject({ requests: [{ route: 'gpt', outcome: 'ok' }] })
    }, FAR_AWAY)
    await provider.stop()
  })

  test('takes an analyzer that still starts along when it is killed itself', async () => {
    const command = serve()
    const analyzer = await vi.waitFor(() => {
      const pid = childrenOf(command.pid).get('analyzer')
      if (pid === undefined) throw new Error('not started yet')
      process.kill(pid, 'SIGSTOP')
      return pid
    }, FAR_AWAY)
    expect(command.stderr()).not.toMatch(/^secondwind analyzer ready/mu)
    command.kill('SIGKILL')
    await vi.waitFor(() => expect(isRunning(command.pid)).toBe(false), FAR_AWAY)
    process.kill(analyzer, 'SIGCONT')
    await vi.waitFor(() => expect(isRunning(analyzer)).toBe(false), FAR_AWAY)
  })

  test('does not route without its analyzer where that refuses to start', async () => {
    const data = join(folder, 'data')
    mkdirSync(data)
    writeFileSync(join(data, 'lock.db'), 'no database'.repeat(500))
    const command = serve()
    const { exitCode, stderr } = await command.ended
    expect(exitCode).toBe(5)
    expect(stderr).toContain('[ANALYZER_DATA_DAMAGED]\n  hint: Remove it while no analyzer runs')
  })

  test('ends with the hint of whoever finds its port taken', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve)
    })
    const address = taken.address()
    const port = String(typeof address === 'object' ? address?.port : '')
    const data = join(folder, 'data')
    const others = ['--otlp-http-port', '0', '--otlp-grpc-port', '0', '--data-dir', data]
    const runs = [
      await runCommand(['serve', '--port', port, '--page-port', '0', ...others], { cwd: folder }),
      await runCommand(['serve', '--port', '0', '--page-port', port, ...others], { cwd: folder }),
    ]
    taken.close()
    expect(runs.map((run) => run.exitCode)).toEqual([3, 3])
    expect(runs[0]?.stderr).toContain(
      `port ${port} of 127.0.0.1 is in use by another process [PORT_IN_USE]\n  hint: stop it, or choose another port with --port`,
    )
    expect(runs[1]?.stderr).toContain('[ANALYZER_PORT_IN_USE]\n  hint: ')
  })

  test('starts nothing where the configuration is wrong', async () => {
    writeFileSync(join(folder, 'config.yaml'), `${CONFIG}\nsecondwind: {lisen: {}}\n`)
    const { exitCode, stderr } = await runCommand(['serve'], { cwd: folder })
    expect(exitCode).toBe(3)
    expect(stderr).toBe(
      'secondwind: 1 problem in the configuration; nothing was started [CONFIG_INVALID]\n' +
        'config.yaml:6:14: secondwind.lisen: there is no such option [CONFIG_UNKNOWN_KEY]\n' +
        '  hint: did you mean "listen"?\n',
    )
  })
})
