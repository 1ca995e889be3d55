/** Waits for `work`, and for at most `limitMs`; the work itself goes on. */
export async function within(limitMs: number, work: Promise<unknown> | undefined): Promise<void> {
  if (work === undefined) return
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(limitMs, 0))
  })
  await Promise.race([work, expired])
  clearTimeout(timer)
}
