import type { StoredRequest } from '../store/verdict-store.ts'
import type { WireRequest } from './wire.ts'

/** Written by us, read by us: the derivation vouches for the shape. */
export function parseRequest({ wire }: StoredRequest): WireRequest {
  const request: WireRequest = JSON.parse(wire)
  return request
}
