import type { ReactNode } from 'react'

/** Grey blocks in the place of what is being loaded; `shape` names a size in the style sheets. */
export function Skeleton({ shape, count = 1 }: { shape: string; count?: number }): ReactNode {
  return (
    <div className="skeletons" aria-hidden="true">
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className={`skeleton skeleton-${shape}`} />
      ))}
    </div>
  )
}
