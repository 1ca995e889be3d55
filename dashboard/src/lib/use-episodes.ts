import type { WireEpisode, WireEpisodeList } from '../../../analyzer/api/wire.ts'
import type { TimeWindow } from './route.ts'
import { useResource } from './use-resource.ts'

/** Outages of the window by id; empty until they are known. */
export function useEpisodes(window: TimeWindow): ReadonlyMap<string, WireEpisode> {
  const { data } = useResource<WireEpisodeList>(`episodes?window=${window}`)
  return new Map(data?.episodes.map((episode) => [episode.id, episode]))
}
