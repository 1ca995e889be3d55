import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { COMMANDS } from '../../cli/registry.ts'
import { loadConfig } from '../../collector/config/load-config.ts'
import { exists, filesUnder, read } from '../support/repository.ts'

/**
 * What cannot be run on every machine (a container, a cluster, an init system) is held to the
 * program that it starts: commands, options, ports, paths and grace periods that exist.
 */

async function optionsOf(command: string): Promise<ReadonlySet<string>> {
  const help = (await COMMANDS.get(command)?.load())?.help ?? ''
  return new Set(help.match(/--[a-z-]+/g) ?? [])
}

/** Options that the named command does not have. */
async function strangers(args: readonly string[]): Promise<readonly string[]> {
  const [command = '', ...rest] = args
  const known = await optionsOf(command)
  const given = rest.filter((arg) => arg.startsWith('--')).map((arg) => arg.split('=')[0] ?? '')
  return known.size === 0 ? [command] : given.filter((option) => !known.has(option))
}

describe('the Dockerfile', () => {
  const instructions = read('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => /^[A-Z]+ /.test(line))
  const argumentsOf = (name: string): readonly string[] =>
    instructions
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1).trim())

  test('runs as a user that is not root, and writes to /data alone', () => {
    expect(argumentsOf('USER')).toEqual(['node'])
    expect(argumentsOf('VOLUME')).toEqual(['/data'])
    expect(argumentsOf('ENV').join(' ')).toContain('SECONDWIND_DATA_DIR=/data')
  })

  test('starts Node itself, so that SIGTERM reaches who can drain', () => {
    expect(argumentsOf('ENTRYPOINT')).toEqual(['["node", "dist/cli/main.js"]'])
    expect(argumentsOf('STOPSIGNAL')).toEqual(['SIGTERM'])
  })

  test('asks for its health with a program that is in the image', () => {
    const [check = ''] = argumentsOf('HEALTHCHECK')
    expect(check).toContain('CMD ["node", "scripts/health-check.mjs"]')
    expect(argumentsOf('COPY').join('\n')).toContain('scripts/health-check.mjs')
  })

  test('copies only what the repository or the build stage has', () => {
    const own = argumentsOf('COPY').filter((line) => !line.startsWith('--from') && line !== '. .')
    const sources = own.flatMap((line) => line.split(/\s+/).slice(0, -1))
    expect(sources.filter((path) => !exists(path))).toEqual([])
    const built = argumentsOf('COPY').filter((line) => line.startsWith('--from=build'))
    expect(built.map((line) => line.split(/\s+/)[1])).toEqual([
      '/app/package.json',
      '/app/node_modules',
      '/app/dist',
    ])
  })
})

interface Probe {
  readonly httpGet: { readonly path: string }
}

interface Variable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef?: object }
}

interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[]
  readonly securityContext?: object
  readonly env?: readonly Variable[]
  readonly resources?: { readonly limits: { readonly memory: string } }
  readonly livenessProbe?: Probe
  readonly startupProbe?: Probe
  readonly readinessProbe?: Probe
}

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly data?: Readonly<Record<string, string>>
  readonly spec?: {
    readonly replicas?: number
    readonly strategy?: { readonly type: string }
    readonly template?: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number
        readonly securityContext?: object
        readonly volumes: readonly { readonly name: string }[]
        readonly containers: readonly Container[]
        readonly initContainers?: readonly Container[]
      }
    }
  }
}

describe('examples/kubernetes.yaml', () => {
  const documents = parseAllDocuments(read('examples/kubernetes.yaml'))
  const manifests = documents.map((document) => document.toJS() as Manifest)
  const podOf = (name: string) =>
    manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)?.spec
      ?.template?.spec
  const ours = [podOf('secondwind-analyzer')?.containers[0], podOf('litellm')?.initContainers?.[0]]

  test('is YAML without an error, and has each object once', () => {
    expect(documents.flatMap(({ errors }) => errors)).toEqual([])
    const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
    expect(new Set(names).size).toBe(names.length)
  })

  test('starts commands of ours with options that they have', async () => {
    for (const container of ours) {
      // oxlint-disable-next-line no-await-in-loop
      expect(await strangers(container?.args ?? [])).toEqual([])
    }
  })

  test('runs one analyzer, never two on one disk', () => {
    const analyzer = manifests.find(
      ({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'secondwind-analyzer',
    )
    expect(analyzer?.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
  })

  test('keeps the analyzer reachable while it cannot judge: spans can be stored all the same', () => {
    const [analyzer] = ours
    for (const probe of [
      analyzer?.startupProbe,
      analyzer?.readinessProbe,
      analyzer?.livenessProbe,
    ]) {
      expect(probe?.httpGet.path).toBe('/livez')
    }
  })

  test('gives ours no root, no capability and no file system to write to', () => {
    for (const container of ours) {
      expect(container?.securityContext).toMatchObject({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
    }
  })

  test('lets the analyzer write to its disk without changing every file of it first', () => {
    expect(podOf('secondwind-analyzer')?.securityContext).toMatchObject({
      runAsNonRoot: true,
      fsGroup: 1000,
      fsGroupChangePolicy: 'OnRootMismatch',
    })
  })

  test('writes no secret down, and hands each over by reference', () => {
    const pods = [podOf('secondwind-analyzer'), podOf('litellm')]
    const variables = pods
      .flatMap((pod) => [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])])
      .flatMap(({ env }) => env ?? [])
    const secrets = variables.filter(({ name }) => /TOKEN|KEY|SECRET|PASSWORD/u.test(name))
    expect(secrets.length).toBeGreaterThan(0)
    for (const { value, valueFrom } of secrets) {
      expect([value, valueFrom?.secretKeyRef]).toEqual([undefined, expect.any(Object)])
    }
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
  })

  test('gives the analyzer more memory than its queue and its heaps were seen to take', () => {
    // `test/long/analyzer-pressure.test.ts` holds it below 900 MiB at ten times what it can write.
    expect(ours[0]?.resources?.limits.memory).toBe('1Gi')
  })

  test('mounts only volumes that the pod has', () => {
    for (const name of ['secondwind-analyzer', 'litellm']) {
      const pod = podOf(name)
      const volumes = new Set(pod?.volumes.map((volume) => volume.name))
      const mounts = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])].flatMap(
        ({ volumeMounts }) => volumeMounts ?? [],
      )
      expect(mounts.filter((mount) => !volumes.has(mount.name))).toEqual([])
    }
  })

  test('waits longer than a drain and the last flush', () => {
    expect(podOf('litellm')?.terminationGracePeriodSeconds).toBeGreaterThan(32)
    // Five seconds for requests that run, for each of three listeners, then the last commit.
    expect(podOf('secondwind-analyzer')?.terminationGracePeriodSeconds).toBeGreaterThan(20)
  })

  test('gives the sidecar a file that it can read', () => {
    const text = manifests.find(({ metadata }) => metadata.name === 'secondwind-sidecar')?.data?.[
      'config.yaml'
    ]
    const environment = { ANTHROPIC_API_KEY: 'sk-example', OPENAI_API_KEY: 'sk-example' }
    const loaded = loadConfig(text ?? '', { environment })
    expect(loaded).toMatchObject({ kind: 'loaded', config: { ignoredKeys: [] } })
  })
})

describe('examples/systemd', () => {
  const units = filesUnder('examples/systemd', /\.service$/)

  test('there is a unit for each of the two processes', () => {
    expect(units.map((path) => path.split('/').at(-1))).toEqual([
      'secondwind-analyzer.service',
      'secondwind-sidecar.service',
    ])
  })

  test.each(units)('%s starts a command of ours with options that it has', async (path) => {
    const start = /^ExecStart=\/usr\/bin\/env secondwind (.*)$/m.exec(read(path))?.[1] ?? ''
    expect(await strangers(start.split(' '))).toEqual([])
  })

  test.each(units)('%s allows for as many files as there may be connections', (path) => {
    // Two protocols of 2,000 connections each at the analyzer; the system's usual limit is 1,024.
    expect(Number(/^LimitNOFILE=(\d+)$/m.exec(read(path))?.[1])).toBeGreaterThan(8000)
  })

  test.each(units)('%s is not started again and again with what is wrong for good', (path) => {
    expect(read(path)).toMatch(/^RestartPreventExitStatus=2 3$/m)
  })

  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0

  test.skipIf(!hasSystemd).each(units)('%s is what systemd understands', (path) => {
    const verified = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
    expect(verified.stderr).toBe('')
    expect(verified.status).toBe(0)
  })
})
