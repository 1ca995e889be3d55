import type { ReactNode } from 'react'
import type { WireRequest } from '../../../analyzer/api/wire.ts'
import { AttemptChain } from './attempt-chain.tsx'
import { ClientView } from './client-view.tsx'

/** The one picture of this product: what happened, beside what it looked like from outside. */
export function TwoColumns({ request }: { readonly request: WireRequest }): ReactNode {
  return (
    <div className="two-columns">
      <section className="panel really-failed" aria-labelledby="really-title">
        <header className="panel-header">
          <h2 id="really-title">What really failed</h2>
        </header>
        <AttemptChain request={request} />
      </section>
      <section className="panel client-saw" aria-labelledby="client-title">
        <header className="panel-header">
          <h2 id="client-title">What the client saw</h2>
        </header>
        <ClientView request={request} />
      </section>
    </div>
  )
}
