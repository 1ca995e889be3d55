import { useEffect, useState } from 'react'
import { fetchWire, type ApiFailure } from './api-client.ts'
import { setServerTime } from './clock.ts'
import { onLiveUpdate } from './live-updates.ts'

export interface Resource<T> {
  /** The last that was had, for as long as the path is the same. */
  readonly data: T | undefined
  /** Why it is not fresh; gone as soon as a fetch succeeds. */
  readonly failure: ApiFailure | undefined
  /** What is shown belongs to the path before; the new path's answer is on its way. */
  readonly outdated: boolean
}

/** Going back shows at once what was there. The number is bounded, for a tab may live for weeks. */
const CACHE_ENTRIES_MAX = 30
const cache = new Map<string, { readonly data: unknown; readonly text: string }>()

type PutListener = (path: string) => void
const putListeners = new Set<PutListener>()

/**
 * What the analyzer answered to a change is what it holds now: shown at once, and not undone by an
 * older answer that was on its way.
 */
export function putResource(
  path: string,
  loaded: { readonly data: unknown; readonly text: string },
): void {
  remember(path, loaded)
  for (const listener of putListeners) listener(path)
}

interface State<T> extends Omit<Resource<T>, 'outdated'> {
  readonly path: string
}

interface ResourceOptions {
  /** Keeps the former path's data until the new path's is there: for filters that are typed. */
  readonly keepLast?: boolean
}

/** What the API holds at a path, kept fresh while it is on the screen. */
export function useResource<T>(path: string, options: ResourceOptions = {}): Resource<T> {
  const [state, setState] = useState<State<T>>(() => fromCache<T>(path))

  useEffect(() => {
    const abort = new AbortController()
    let busy = false
    let puts = 0
    const refresh = async (): Promise<void> => {
      if (busy) return
      busy = true
      const putsBefore = puts
      const result = await fetchWire<T>(path, abort.signal)
      busy = false
      if (abort.signal.aborted || puts !== putsBefore) return
      if (result.kind === 'failed') {
        setState({ path, data: fromCache<T>(path).data, failure: result.failure })
        return
      }
      const data = remember<T>(path, result)
      setState((before) =>
        before.path === path && before.data === data && before.failure === undefined
          ? before
          : { path, data, failure: undefined },
      )
    }
    void refresh()
    const stop = onLiveUpdate(() => void refresh())
    const onPut: PutListener = (changed) => {
      if (changed !== path) return
      puts += 1
      setState(fromCache<T>(path))
    }
    putListeners.add(onPut)
    return () => {
      stop()
      putListeners.delete(onPut)
      abort.abort()
    }
  }, [path])

  if (state.path === path) return { ...state, outdated: false }
  const cached = fromCache<T>(path)
  const keep = options.keepLast === true && cached.data === undefined
  return keep ? { ...state, failure: undefined, outdated: true } : { ...cached, outdated: false }
}

/**
 * Equal bytes keep their identity, so that a view of 5,000 spans is not drawn again for nothing.
 */
function remember<T>(path: string, loaded: { readonly data: T; readonly text: string }): T {
  const before = cache.get(path)
  cache.delete(path)
  if (before !== undefined && before.text === loaded.text) {
    cache.set(path, before)
    return isCached<T>(before.data) ? before.data : loaded.data
  }
  cache.set(path, loaded)
  const oldest = cache.keys().next()
  if (cache.size > CACHE_ENTRIES_MAX && !oldest.done) cache.delete(oldest.value)
  const now: unknown = isRecord(loaded.data) ? loaded.data['now'] : undefined
  if (typeof now === 'string') setServerTime(now)
  return loaded.data
}

function fromCache<T>(path: string): State<T> {
  const data = cache.get(path)?.data
  return { path, data: isCached<T>(data) ? data : undefined, failure: undefined }
}

/** A path has one type of answer, so what was stored under it is of that type. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the path names the type.
function isCached<T>(data: unknown): data is T {
  return data !== undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
