/**
 * Ids as bytes, half as long as their hex. What does not look like one of ours is kept as the text
 * that it is; the first byte tells which, so that no two ids become one.
 */
const PACKED = 1
const TEXT = 0

const STORY = /^([0-9a-f]{32})-([0-9a-f]{16})$/u
const TRACE = /^[0-9a-f]{32}$/u
const TRACE_BYTES = 16

export function packStory(storyId: string): Buffer {
  const [, traceId, spanId] = STORY.exec(storyId) ?? []
  return traceId === undefined || spanId === undefined
    ? textBytes(storyId)
    : Buffer.from(`01${traceId}${spanId}`, 'hex')
}

export function unpackStory(story: Buffer): string {
  if (story[0] !== PACKED) return story.toString('utf8', 1)
  const digits = story.toString('hex', 1)
  return `${digits.slice(0, 2 * TRACE_BYTES)}-${digits.slice(2 * TRACE_BYTES)}`
}

/** The trace, packed, that a packed story begins with. */
export function firstTrace(story: Buffer): Buffer {
  return story.subarray(0, 1 + TRACE_BYTES)
}

/** Begins the packed story of every request whose first attempt is in this trace. */
export function packTrace(traceId: string): Buffer {
  return TRACE.test(traceId) ? Buffer.from(`01${traceId}`, 'hex') : textBytes(traceId)
}

export function unpackTrace(trace: Buffer): string {
  return trace[0] === PACKED ? trace.toString('hex', 1) : trace.toString('utf8', 1)
}

/** The first key behind all that begin so. */
export function behindPrefix(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.alloc(prefix.length, 0xff)])
}

function textBytes(text: string): Buffer {
  return Buffer.concat([Buffer.from([TEXT]), Buffer.from(text)])
}
