import type { ReactNode } from 'react'
import type { WireIncident, WireReleaseNote } from '../../../analyzer/api/wire.ts'
import { describeRange, isWithin } from '../lib/releases.ts'
import { Prose } from './prose.tsx'

const GATEWAY_WORDS: Readonly<Record<WireReleaseNote['gateway'], string>> = {
  litellm: 'LiteLLM',
  secondwind: 'Secondwind',
}

/** What was measured of the gateway's releases; the one that runs here is marked. */
export function Releases({ incident }: { readonly incident: WireIncident }): ReactNode {
  const { releases, gateways } = incident
  if (releases.length === 0) return null
  return (
    <section className="releases" aria-labelledby="releases-title">
      <h3 id="releases-title">
        Releases{' '}
        <small>
          {gateways.length === 0
            ? 'the spans do not say which one runs here'
            : `here: ${gateways.map(({ gateway, release }) => `${gateway} ${release}`).join(', ')}`}
        </small>
      </h3>
      <ul>
        {releases.map((note) => (
          <li key={`${note.gateway} ${note.from} ${note.to} ${note.text}`}>
            <p>
              <b>
                {GATEWAY_WORDS[note.gateway]} {describeRange(note)}
              </b>{' '}
              {runsHere(note, gateways) && <span className="chip">Runs here</span>}
            </p>
            <Prose text={note.text} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function runsHere(note: WireReleaseNote, gateways: WireIncident['gateways']): boolean {
  return gateways.some(
    ({ gateway, release }) => gateway === note.gateway && isWithin(release, note),
  )
}
