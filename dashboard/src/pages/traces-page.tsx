import { useState, type ReactNode, type SubmitEvent } from 'react'
import { Link } from '../components/link.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { navigate } from '../lib/location.ts'
import { ALL_REQUESTS, toPath } from '../lib/route.ts'

/** For who has an id from a log line or from the header `x-secondwind-trace-id`. */
export function TracesPage(): ReactNode {
  const [id, setId] = useState('')
  const open = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault()
    const traceId = id.trim().toLowerCase()
    if (traceId !== '') navigate(toPath({ page: 'trace', id: traceId, span: '' }))
  }
  return (
    <>
      <PageHeader title="Open a trace" />
      <form className="open-trace" onSubmit={open}>
        <label htmlFor="trace-id">Trace id</label>
        <input
          id="trace-id"
          type="search"
          value={id}
          spellCheck={false}
          autoComplete="off"
          placeholder="32 hex digits"
          onChange={(event) => setId(event.target.value)}
        />
        <button type="submit" className="button button-primary">
          Open
        </button>
      </form>
      <p className="list-summary">
        The sidecar returns it in the header <code>x-secondwind-trace-id</code>. Without an id,
        start from the <Link to={ALL_REQUESTS}>requests</Link>.
      </p>
    </>
  )
}
