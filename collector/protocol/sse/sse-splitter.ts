import type { StreamLimits } from '../protocol.ts'
import { FrameBuffer } from './frame-buffer.ts'

const LF = 0x0a
const CR = 0x0d

/** Reads the bytes of one frame; `defect` says why nothing can be read any more. */
export type ReadFrame<Frame> = (raw: Uint8Array, defect?: string) => Frame

/**
 * Cuts a body into server-sent events. The same bytes give the same frames however they were
 * chunked, and the frames' raw bytes, put together, are the body: pass-through writes them.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseSplitter<Frame> {
  readonly #limits: StreamLimits
  readonly #read: ReadFrame<Frame>
  readonly #buffer = new FrameBuffer()
  #lineBytes = 0
  #hasLine = false
  /** The last byte was a CR; only the next one tells whether its line end is complete. */
  #afterCr = false
  #isDead = false

  constructor(limits: StreamLimits, read: ReadFrame<Frame>) {
    this.#limits = limits
    this.#read = read
  }

  push(chunk: Uint8Array): readonly Frame[] {
    const frames: Frame[] = []
    let start = this.#takeWhole(chunk, frames)
    for (let at = start; at < chunk.length; at += 1) {
      if (this.#isDead) return frames
      const byte = chunk[at]
      const frameEnd = this.#endAt(byte, at)
      if (frameEnd !== undefined) {
        this.#buffer.append(chunk.subarray(start, frameEnd))
        start = frameEnd
        frames.push(this.#take())
      }
      const defect = this.#overLimit(at + 1 - start)
      if (defect !== undefined) frames.push(this.#die(defect))
    }
    if (!this.#isDead) this.#buffer.append(chunk.subarray(start))
    return frames
  }

  /** Gives back a last frame whose bare CR could have been half of a CRLF until now. */
  end(): readonly Frame[] {
    if (this.#isDead || !this.#afterCr) return []
    this.#afterCr = false
    return this.#endLine() ? [this.#take()] : []
  }

  /**
   * Providers end their lines with LF and write whole frames: those are found by native search and
   * not copied. Returns where the rest begins, which is read byte by byte.
   */
  #takeWhole(chunk: Uint8Array, frames: Frame[]): number {
    const isBetweenFrames = this.#buffer.length === 0 && !this.#afterCr && !this.#isDead
    if (!isBetweenFrames || chunk.includes(CR)) return 0
    const { lineBytesMax, eventBytesMax } = this.#limits
    const bytesMax = Math.min(lineBytesMax, eventBytesMax)
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    let start = 0
    // A frame that begins with a blank line is none of the common ones.
    while (start < chunk.length && chunk[start] !== LF) {
      const blankLine = bytes.indexOf('\n\n', start, 'latin1')
      if (blankLine === -1 || blankLine + 2 - start > bytesMax) break
      const end = blankLine + 2
      frames.push(this.#read(chunk.subarray(start, end)))
      start = end
    }
    return start
  }

  /** Reads one byte; where it shows that a frame has ended, the index behind that frame. */
  #endAt(byte: number | undefined, at: number): number | undefined {
    const endsCr = this.#afterCr
    this.#afterCr = byte === CR
    const endedBefore = endsCr && this.#endLine()
    if (byte === LF) {
      if (endsCr) return endedBefore ? at + 1 : undefined
      return this.#endLine() ? at + 1 : undefined
    }
    if (byte !== CR) this.#lineBytes += 1
    return endedBefore ? at : undefined
  }

  /** A line ended. A blank one ends the frame, unless the frame has no line yet. */
  #endLine(): boolean {
    const isFrameEnd = this.#lineBytes === 0 && this.#hasLine
    if (this.#lineBytes > 0) this.#hasLine = true
    this.#lineBytes = 0
    if (isFrameEnd) this.#hasLine = false
    return isFrameEnd
  }

  #take(): Frame {
    return this.#read(this.#buffer.take())
  }

  #overLimit(unbufferedBytes: number): string | undefined {
    const { lineBytesMax, eventBytesMax } = this.#limits
    if (this.#lineBytes > lineBytesMax) return `a line of over ${lineBytesMax} bytes`
    if (this.#buffer.length + unbufferedBytes <= eventBytesMax) return undefined
    return `an event of over ${eventBytesMax} bytes`
  }

  /** Nothing that follows can be trusted to begin where a frame begins. */
  #die(defect: string): Frame {
    this.#isDead = true
    this.#buffer.take()
    return this.#read(new Uint8Array(0), defect)
  }
}
