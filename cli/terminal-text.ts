export type Colour = 'red' | 'green' | 'yellow' | 'dim' | 'bold'

const CODES: Readonly<Record<Colour, string>> = {
  red: '31',
  green: '32',
  yellow: '33',
  dim: '2',
  bold: '1',
}

/** Names and messages are what some sender chose: none of it may steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

/** Does nothing where colours are not wanted. */
export function painter(colour: boolean): (text: string, as: Colour) => string {
  return (text, as) => (colour ? `\u001b[${CODES[as]}m${text}\u001b[0m` : text)
}

/** On a terminal, unless whoever sits there does not want them. */
export function hasColour(stream: NodeJS.WritableStream): boolean {
  const isTty = 'isTTY' in stream && stream.isTTY === true
  return isTty && (process.env['NO_COLOR'] ?? '') === ''
}
