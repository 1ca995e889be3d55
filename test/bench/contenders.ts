import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Launch } from './contender.ts'
import { benchProgram, COMMAND } from './places.ts'
import { installPortkey } from './portkey.ts'

/** `direct` is the upstream itself: what is left where there is no proxy. */
export const COLUMNS = ['direct', 'pipe', 'undici', 'sidecar', 'untraced', 'portkey'] as const
export type Column = (typeof COLUMNS)[number]
export type ContenderName = Exclude<Column, 'direct'>

export const TITLES: Readonly<Record<Column, string>> = {
  direct: 'direct',
  pipe: 'node:http pipe',
  undici: 'undici pipe',
  sidecar: 'sidecar',
  untraced: '… untraced',
  portkey: 'Portkey',
}

/** Models of the mock provider that a route leads to; see `wire/upstream.c`. */
const MODELS = ['bench', 'short', 'paced', 'held', 'refused', 'cut', 'other'] as const
export type Model = (typeof MODELS)[number]

/** How each is started; `undefined` with the reason where it cannot be. */
export type Launcher =
  | { readonly kind: 'ready'; readonly launch: (port: number) => Launch }
  | { readonly kind: 'absent'; readonly reason: string }

export function launcherOf(name: ContenderName, upstreamPort: number): Launcher {
  switch (name) {
    case 'pipe':
    case 'undici':
      return ready((port) => pipe(name === 'pipe' ? 'node' : 'undici', port, upstreamPort))
    case 'sidecar':
      return ready((port) => sidecar(port, upstreamPort, {}))
    case 'untraced':
      return ready((port) => sidecar(port, upstreamPort, { OTEL_SDK_DISABLED: 'true' }))
    case 'portkey': {
      const installed = installPortkey()
      if (installed.kind === 'absent') return installed
      return ready((port) => ({
        command: [process.execPath, installed.program, `--port=${port}`, '--headless'],
        headers: portkeyHeaders(upstreamPort),
      }))
    }
    default:
      return name satisfies never
  }
}

/** What a contender must be told with every request. */
export function headersOf(name: Column, upstreamPort: number): Readonly<Record<string, string>> {
  return name === 'portkey' ? portkeyHeaders(upstreamPort) : {}
}

function ready(launch: (port: number) => Launch): Launcher {
  return { kind: 'ready', launch }
}

function pipe(kind: string, port: number, upstreamPort: number): Launch {
  const args = [kind, String(port), String(upstreamPort)]
  return { command: [process.execPath, benchProgram('pipe.js'), ...args], headers: {} }
}

/** As it ships: every request traced, protocol inspected, spans exported to a live receiver. */
function sidecar(
  port: number,
  upstreamPort: number,
  environment: Readonly<Record<string, string>>,
): Launch {
  const upstream = `http://127.0.0.1:${upstreamPort}`
  const file = join(mkdtempSync(join(tmpdir(), 'secondwind-bench-')), 'config.yaml')
  writeFileSync(file, JSON.stringify(sidecarConfig(upstream)))
  return {
    command: [process.execPath, COMMAND, 'sidecar', '--config', file, '--port', String(port)],
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: upstream, ...environment },
    headers: {},
  }
}

function sidecarConfig(upstream: string): object {
  return {
    model_list: MODELS.map((name) => ({
      model_name: name,
      litellm_params: { model: `openai/${name}`, api_base: `${upstream}/v1`, api_key: 'sk-bench' },
    })),
    router_settings: {
      fallbacks: [{ bench: ['other'] }, { refused: ['other'] }, { cut: ['other'] }],
      // What is measured is the way to the fallback: no retries before it, and no breaker that
      // would spare the primary.
      num_retries: 0,
      disable_cooldowns: true,
    },
  }
}

function portkeyHeaders(upstreamPort: number): Readonly<Record<string, string>> {
  const target = {
    provider: 'openai',
    api_key: 'sk-bench',
    custom_host: `http://127.0.0.1:${upstreamPort}/v1`,
  }
  const fallback = { ...target, override_params: { model: 'other' } }
  const config = { strategy: { mode: 'fallback' }, targets: [target, fallback] }
  return { 'x-portkey-config': JSON.stringify(config) }
}
