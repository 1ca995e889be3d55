/** What the demo provider answers when nothing breaks: sixty numbered words. */
export const SIXTY_WORDS = Array.from(
  { length: 60 },
  (_, index) => `word-${String(index + 1).padStart(2, '0')}`,
).join(' ')
