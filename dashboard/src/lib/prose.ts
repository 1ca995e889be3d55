/** A remedy is plain text with a little markup; everything in it ends as text nodes. */
export type ProseBlock =
  | { readonly kind: 'paragraph'; readonly parts: readonly ProsePart[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly ProsePart[])[] }
  | { readonly kind: 'code'; readonly text: string }

export interface ProsePart {
  readonly code: boolean
  readonly text: string
}

/** Understands fenced and indented code, `inline code`, `- ` lists and blank lines; no more. */
export function parseProse(text: string): readonly ProseBlock[] {
  const blocks: ProseBlock[] = []
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  let index = 0
  while (index < lines.length) {
    const line = lines[index] ?? ''
    if (line.trim() === '') index += 1
    else if (isFence(line)) index = readFence({ lines, index, blocks })
    else if (isIndented(line)) index = readIndented({ lines, index, blocks })
    else if (isItem(line)) index = readList({ lines, index, blocks })
    else index = readParagraph({ lines, index, blocks })
  }
  return blocks
}

/** Splits at backticks; one that is never closed is an ordinary character. */
export function parseInline(text: string): readonly ProsePart[] {
  const pieces = text.split('`')
  const parts: ProsePart[] = []
  for (const [index, piece] of pieces.entries()) {
    const code = index % 2 === 1
    if (code && index === pieces.length - 1) parts.push({ code: false, text: `\`${piece}` })
    else if (piece !== '') parts.push({ code, text: piece })
  }
  return parts
}

interface Reading {
  readonly lines: readonly string[]
  readonly index: number
  readonly blocks: ProseBlock[]
}

function readFence({ lines, index, blocks }: Reading): number {
  let end = index + 1
  while (end < lines.length && !isFence(lines[end] ?? '')) end += 1
  blocks.push({ kind: 'code', text: lines.slice(index + 1, end).join('\n') })
  return end + 1
}

function readIndented({ lines, index, blocks }: Reading): number {
  let end = index
  while (end < lines.length && isIndented(lines[end] ?? '')) end += 1
  const code = lines.slice(index, end)
  const indent = Math.min(...code.map((line) => line.search(/\S/)))
  blocks.push({ kind: 'code', text: code.map((line) => line.slice(indent)).join('\n') })
  return end
}

function readList({ lines, index, blocks }: Reading): number {
  const items: (readonly ProsePart[])[] = []
  let end = index
  while (end < lines.length && isItem(lines[end] ?? '')) {
    items.push(parseInline((lines[end] ?? '').replace(/^\s*[-*] /, '')))
    end += 1
  }
  blocks.push({ kind: 'list', items })
  return end
}

function readParagraph({ lines, index, blocks }: Reading): number {
  let end = index
  while (end < lines.length && isPlain(lines[end] ?? '')) end += 1
  blocks.push({ kind: 'paragraph', parts: parseInline(lines.slice(index, end).join(' ')) })
  return end
}

function isPlain(line: string): boolean {
  return line.trim() !== '' && !isFence(line) && !isIndented(line) && !isItem(line)
}

function isFence(line: string): boolean {
  return line.trimStart().startsWith('```')
}

function isIndented(line: string): boolean {
  return /^(?: {4}|\t)\s*\S/.test(line) && !isItem(line)
}

function isItem(line: string): boolean {
  return /^ {0,3}[-*] \S/.test(line)
}
