import type { ReactNode } from 'react'
import { parseProse, type ProseBlock, type ProsePart } from '../lib/prose.ts'
import { CodeBlock } from './code-block.tsx'

/** Plain text with code in it, as paragraphs, lists and blocks that can be copied. */
export function Prose({ text }: { readonly text: string }): ReactNode {
  return (
    <div className="prose">
      {parseProse(text).map((block, index) => (
        // The text is static: its blocks have no identity but their place.
        // oxlint-disable-next-line react/no-array-index-key
        <Block key={index} block={block} />
      ))}
    </div>
  )
}

function Block({ block }: { readonly block: ProseBlock }): ReactNode {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p>
          <Inline parts={block.parts} />
        </p>
      )
    case 'list':
      return (
        <ul>
          {block.items.map((parts) => (
            <li key={parts.map((part) => part.text).join('')}>
              <Inline parts={parts} />
            </li>
          ))}
        </ul>
      )
    case 'code':
      return <CodeBlock text={block.text} label="code" />
  }
}

/** One line of it. */
export function Inline({ parts }: { readonly parts: readonly ProsePart[] }): ReactNode {
  return parts.map((part, index) =>
    // oxlint-disable-next-line react/no-array-index-key
    part.code ? <code key={index}>{part.text}</code> : <span key={index}>{part.text}</span>,
  )
}
