import type { NotServed } from './check-served.ts'
import type { DeploymentConfig } from './config.ts'
import type { ConfigReader } from './config-reader.ts'
import type { Path } from './config-path.ts'
import { ignoreOtherParams } from './ignore-params.ts'
import { routesOfAnyProvider } from './any-provider.ts'
import { type DeploymentContext, type DeploymentPlace, readDeployment } from './read-deployment.ts'
import { weigh } from './weigh-deployments.ts'

export interface Deployments {
  /** In the file's order; a route of which nothing is served is empty. */
  readonly routes: ReadonlyMap<string, readonly DeploymentConfig[]>
  /** Where each route is first named. */
  readonly places: ReadonlyMap<string, Path>
  /** Routes that serve something else than chat: embeddings, images. */
  readonly otherModes: ReadonlySet<string>
}

/** Reads `model_list`. */
export function readDeployments(context: DeploymentContext): Deployments {
  const { reader } = context
  const routes = new Map<string, Entry[]>()
  const ids = new Set<string>()
  const length = reader.list(['model_list'])
  if (length === 0 && reader.problems.length === 0) {
    reader.fail({
      code: 'CONFIG_MISSING',
      path: ['model_list'],
      message: 'expected at least one deployment, found none',
      hint: 'see examples/ for a whole file; the smallest is a model_name and litellm_params.model',
    })
  }
  for (let index = 0; index < length; index += 1) {
    const path: Path = ['model_list', index]
    const route = readRouteName(reader, path)
    if (route === undefined) continue
    for (const place of placesOf(reader, path, route)) {
      const entries = routes.get(place.route) ?? []
      routes.set(place.route, entries)
      entries.push(readEntry(context, { ...place, number: entries.length + 1 }, ids))
    }
    ignoreOtherParams(reader, path)
  }
  return {
    routes: new Map([...routes].map(([route, entries]) => [route, weigh(reader, entries)])),
    places: new Map([...routes].map(([route, entries]) => [route, entries[0]?.path ?? []])),
    otherModes: new Set(
      [...routes.keys()].filter((route) => routes.get(route)?.every((entry) => entry.otherMode)),
    ),
  }
}

interface Entry {
  readonly path: Path
  /** Absent: left out, or not readable. */
  readonly deployment?: DeploymentConfig
  readonly otherMode?: true
}

function readEntry(context: DeploymentContext, place: DeploymentPlace, ids: Set<string>): Entry {
  const { path, route } = place
  const read = readDeployment(context, place)
  if (read.kind === 'not-served') {
    reportNotServed(context.reader, route, read)
    return read.why.otherMode === true ? { path, otherMode: true } : { path }
  }
  if (read.kind === 'invalid') return { path }
  checkId(context.reader, path, { id: read.deployment.id, ids })
  return { path, deployment: read.deployment }
}

/** One entry is one deployment, but for the one that stands for whatever LiteLLM can call. */
function placesOf(
  reader: ConfigReader,
  path: Path,
  route: string,
): readonly Omit<DeploymentPlace, 'number'>[] {
  const isAny = route === ANY && reader.get([...path, 'litellm_params', 'model']) === ANY
  if (!isAny) return [{ path, route }]
  const places = routesOfAnyProvider(reader).map((provider) => ({ path, ...provider }))
  if (places.length === 0) {
    reader.warn({
      code: 'CONFIG_NOT_SERVED',
      path: [...path, 'litellm_params', 'model'],
      message: 'no provider’s usual key is set in the environment, so "*" serves nothing',
    })
  }
  return places
}

const ANY = '*'

function readRouteName(reader: ConfigReader, path: Path): string | undefined {
  if (!reader.map(path)) return undefined
  const route = reader.string([...path, 'model_name'])
  if (route !== undefined && route !== '') return route
  if (reader.get([...path, 'model_name']) === undefined || route === '') {
    reader.fail({
      code: 'CONFIG_MISSING',
      path: [...path, 'model_name'],
      message: 'expected the name that clients ask for, found none',
    })
  }
  return undefined
}

/** Never a reason to refuse the file: it names once what its route goes on without. */
function reportNotServed(
  reader: ConfigReader,
  route: string,
  { id, why }: { readonly id: string; readonly why: NotServed },
): void {
  reader.warn({
    code: why.code,
    path: why.path,
    ...(why.hint !== undefined && { hint: why.hint }),
    message: `deployment "${id}" of route "${route}" is not served: ${why.message}`,
  })
}

function checkId(
  reader: ConfigReader,
  path: Path,
  { id, ids }: { readonly id: string; readonly ids: Set<string> },
): void {
  if (ids.has(id)) {
    reader.fail({
      code: 'CONFIG_DUPLICATE_ID',
      path: [...path, 'model_info', 'id'],
      message: `another deployment has the id "${id}" already`,
    })
  }
  ids.add(id)
}
