/** Takes a turn at once and then each time that the last one asks for; returns what ends it. */
export function repeat(turn: () => number): () => void {
  let timer = setTimeout(next, 0)
  function next(): void {
    timer = setTimeout(next, turn())
  }
  return () => clearTimeout(timer)
}
