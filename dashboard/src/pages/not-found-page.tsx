import type { ReactNode } from 'react'
import { EmptyNote } from '../components/empty-note.tsx'
import { Link } from '../components/link.tsx'
import { PageHeader } from '../components/page-header.tsx'
import { OVERVIEW } from '../lib/route.ts'

export function NotFoundPage({ path }: { readonly path: string }): ReactNode {
  return (
    <>
      <PageHeader title="No such page" />
      <EmptyNote title="Nothing is served here">
        <p>
          <code>{path}</code> is not one of this page's addresses.{' '}
          <Link to={OVERVIEW}>Go to the overview</Link>
        </p>
      </EmptyNote>
    </>
  )
}
