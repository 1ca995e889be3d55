import type { ReactNode } from 'react'
import type { ApiFailure } from '../lib/api-client.ts'
import type { Resource } from '../lib/use-resource.ts'
import { Prose } from './prose.tsx'

interface ResourceViewProps<T> {
  readonly resource: Resource<T>
  /** Of the size of what will come, so that nothing moves when it does. */
  readonly skeleton: ReactNode
  readonly children: (data: T) => ReactNode
}

/** Loading, failed, stale or there: told apart in one place for all views. */
export function ResourceView<T>({ resource, skeleton, children }: ResourceViewProps<T>): ReactNode {
  const { data, failure } = resource
  if (data === undefined) {
    if (failure !== undefined) return <Failure failure={failure} />
    return (
      <div aria-busy="true">
        <output className="visually-hidden">Loading</output>
        {skeleton}
      </div>
    )
  }
  return (
    <>
      {children(data)}
      {failure !== undefined && <StaleNote failure={failure} />}
    </>
  )
}

/** What the analyzer, or the way to it, says of a failure: what it is, and the next step. */
export function Failure({ failure }: { readonly failure: ApiFailure }): ReactNode {
  return (
    <section className="empty" role="alert" data-tone="failed">
      <h2>{failure.title}</h2>
      {failure.detail !== '' && <p>{failure.detail}</p>}
      {failure.hint !== '' && <Prose text={failure.hint} />}
    </section>
  )
}

/** Stands over the page's lower edge: what was on the screen stays where it was. */
function StaleNote({ failure }: { readonly failure: ApiFailure }): ReactNode {
  return (
    <output className="stale-note">
      <strong>{failure.title}.</strong> You see what was known last; trying again.
    </output>
  )
}
