import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type CommandOptions, runCommand, startCommand } from '../support/start-command.ts'

/** What a person meets who starts it wrongly: over the real, compiled command. */

// Real processes, on machines that may be busy.
vi.setConfig({ testTimeout: 60_000 })

const CONFIG = `
model_list:
  - model_name: gpt
    litellm_params: {model: openai/gpt-4o, api_base: "http://127.0.0.1:9/v1", api_key: sk-canary-1}
router_settings: {num_retries: 0}
`

let folder: string
const at = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secondwind-errors-'))
  writeFileSync(at('good.yaml'), CONFIG)
  writeFileSync(
    at('bad.yaml'),
    CONFIG.replace('{num_retries: 0}', '{fallbacks: [{gpt: [cluade]}], num_retries: lots}'),
  )
  writeFileSync(at('broken.yaml'), 'model_list: [\n')
  writeFileSync(at('misspelt.yaml'), 'analzyer: {settle_ms: 3}\n')
  writeFileSync(at('plain-file'), '')
  writeFileSync(at('token'), 'a-token\n')
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Case {
  readonly name: string
  readonly args: () => readonly string[]
  readonly options?: CommandOptions
  readonly exitCode: number
  readonly says: readonly string[]
}

const CASES: readonly Case[] = [
  {
    name: 'a configuration with problems: all of them, with their places',
    args: () => ['sidecar', '--config', at('bad.yaml')],
    exitCode: 3,
    says: [
      '2 problems in the configuration; nothing was started [CONFIG_INVALID]',
      'bad.yaml:5:',
      'there is no route "cluade" in model_list [CONFIG_UNKNOWN_ROUTE]',
      'router_settings.num_retries: expected a whole number, found "lots"',
    ],
  },
  {
    name: 'a file that is no YAML',
    args: () => ['sidecar', '--config', at('broken.yaml')],
    exitCode: 3,
    says: ['broken.yaml:', '[CONFIG_YAML_INVALID]', 'hint: check indentation'],
  },
  {
    name: 'a configuration that is not there',
    args: () => ['sidecar', '--config', at('nowhere.yaml')],
    exitCode: 3,
    says: ['nowhere.yaml cannot be read: there is no such file [CONFIG_NOT_FOUND]', 'hint: '],
  },
  {
    name: 'no configuration at all',
    args: () => ['sidecar'],
    options: { cwd: tmpdir() },
    exitCode: 3,
    says: ['neither secondwind.yaml nor config.yaml', 'hint: pass --config FILE'],
  },
  {
    name: 'a network address without a key, sidecar',
    args: () => ['sidecar', '--config', at('good.yaml'), '--host', '0.0.0.0', '--port', '0'],
    exitCode: 3,
    says: ['refusing to listen on 0.0.0.0', '[CONFIG_UNSAFE_BIND]', '--auth-token-file FILE'],
  },
  {
    name: 'a network address without a token, analyzer',
    args: () => ['analyzer', '--data-dir', at('data'), '--host', '0.0.0.0', '--port', '0'],
    exitCode: 3,
    says: ['[ANALYZER_TOKEN_REQUIRED]', '--auth-token-file'],
  },
  {
    name: 'a token file that is not there',
    args: () => ['sidecar', '--config', at('good.yaml'), '--auth-token-file', at('none')],
    exitCode: 3,
    says: ['there is no such file [TOKEN_FILE_UNUSABLE]', 'hint: '],
  },
  {
    name: 'an empty token file',
    args: () => ['sidecar', '--config', at('good.yaml'), '--auth-token-file', at('plain-file')],
    exitCode: 3,
    says: ['expected one token, found nothing [TOKEN_FILE_UNUSABLE]', 'hint: '],
  },
  {
    name: 'a data folder that cannot be made',
    args: () => [
      'analyzer',
      '--data-dir',
      at('plain-file/data'),
      '--port',
      '0',
      '--otlp-http-port',
      '0',
    ],
    exitCode: 5,
    says: ['plain-file/data', '[ANALYZER_DATA_UNWRITABLE]', 'hint: '],
  },
  {
    name: 'an address that this machine does not have',
    args: () => [
      'sidecar',
      '--config',
      at('good.yaml'),
      '--host',
      '192.0.2.1',
      '--auth-token-file',
      at('token'),
    ],
    exitCode: 3,
    says: ['cannot listen on 192.0.2.1, port 4100: EADDRNOTAVAIL [ADDRESS_UNUSABLE]', 'hint: '],
  },
  {
    name: 'an endpoint for spans that is no address',
    args: () => ['sidecar', '--config', at('good.yaml')],
    options: { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: 'analyzer:4318' } },
    exitCode: 3,
    says: ['OTEL_EXPORTER_OTLP_ENDPOINT: expected an address', '[CONFIG_INVALID_URL]', 'hint: '],
  },
  {
    name: 'a misspelt section',
    args: () => ['analyzer', '--data-dir', at('data'), '--config', at('misspelt.yaml')],
    exitCode: 3,
    says: ['misspelt.yaml:1:1: analzyer: there is no such section', 'did you mean "analyzer"?'],
  },
  {
    name: 'a misspelt option',
    args: () => ['analyzer', '--data-dirr', at('data')],
    exitCode: 2,
    says: ['there is no option --data-dirr [USAGE]', 'hint: did you mean "--data-dir"?'],
  },
]

describe('a start that cannot succeed', () => {
  test.each(CASES)(
    'is refused with a message and a hint: $name',
    async ({ args, options, exitCode, says }) => {
      const ended = await runCommand(args(), options)
      for (const text of says) expect(ended.stderr).toContain(text)
      expect([ended.exitCode, ended.stdout]).toEqual([exitCode, ''])
      expect(ended.stderr).not.toContain('sk-canary')
      expect(ended.stderr).not.toMatch(/\n\s+at /)
    },
  )

  test('is refused where the port is taken, by either', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve)
    })
    const address = taken.address()
    const port = String(typeof address === 'object' ? address?.port : '')
    const ended = await Promise.all([
      runCommand(['sidecar', '--config', at('good.yaml'), '--port', port]),
      runCommand(['analyzer', '--data-dir', at('data2'), '--port', '0', '--otlp-http-port', port]),
    ])
    taken.close()
    expect(ended.map((end) => end.exitCode)).toEqual([3, 3])
    expect(ended[0].stderr).toContain(`port ${port} of 127.0.0.1 is in use`)
    expect(ended[1].stderr).toContain('[ANALYZER_PORT_IN_USE]')
  })
})

describe('validate', () => {
  test('prints the effective configuration, redacted, and what it ignores', async () => {
    const file = at('litellm.yaml')
    writeFileSync(
      file,
      `${CONFIG}\nlitellm_settings: {callbacks: [otel]}\ngeneral_settings: {master_key: sk-canary-2}\n`,
    )
    const { exitCode, stdout, stderr } = await runCommand(['validate', file])
    expect(exitCode).toBe(0)
    expect(stderr).toBe('ignored, for they change nothing here:\n  litellm_settings.callbacks\n')
    expect(stdout).toContain('apiKey: "[redacted]"')
    expect(stdout).toContain('clientKey: "[redacted]"')
    expect(stdout).toContain('headerHoldMs: 15000')
    expect(stdout + stderr).not.toContain('canary')
  })

  test('prints problems of both halves at once and exits 3', async () => {
    const file = at('both.yaml')
    writeFileSync(file, `${CONFIG}\nsecondwind: {drain: 1}\nanalyzer: {setle_ms: 1}\n`)
    const { exitCode, stdout, stderr } = await runCommand(['validate', file])
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).toContain('hint: did you mean "drain_ms"?')
    expect(stderr).toContain('both.yaml:8:12: analyzer.setle_ms: there is no such option')
    expect(stderr).toContain('hint: did you mean "settle_ms"?')
  })
})

describe('the sidecar without an analyzer', () => {
  test('serves, and stops on time although nobody takes its spans', async () => {
    const command = startCommand(['sidecar', '--config', at('good.yaml'), '--port', '0'], {
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
        OTEL_EXPORTER_OTLP_TIMEOUT: '500',
        OTEL_BSP_SCHEDULE_DELAY: '1',
      },
    })
    const line = await command.waitForLine(/^secondwind sidecar ready: /)
    const url = line.slice(line.indexOf('http'))
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt', messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect(response.status).toBe(502)
    const warned = await command.waitForLine(/spans cannot be delivered/)
    expect(JSON.parse(warned)).toMatchObject({ level: 'warn', component: 'sidecar' })
    command.kill('SIGTERM')
    expect((await command.ended).exitCode).toBe(0)
  })
})
