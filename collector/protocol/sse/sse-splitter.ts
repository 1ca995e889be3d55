import type { StreamLimits } from '../protocol.ts'
import { FrameBuffer } from './frame-buffer.ts'

const LF = 0x0a
const CR = 0x0d

/** What a splitter makes frames with. */
export interface FrameMaker<Frame extends { readonly raw: Uint8Array }> {
  /** Reads the bytes of one frame; `defect` says why nothing can be read any more. */
  read(raw: Buffer, defect?: string): Frame
  /** The frame that begins at `start`, where its bytes are known without a search for its end. */
  next(body: Buffer, start: number): Frame | undefined
}

/**
 * Cuts a body into server-sent events. The same bytes give the same frames however they were
 * chunked, and the frames' raw bytes, put together, are the body: pass-through writes them.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class SseSplitter<Frame extends { readonly raw: Uint8Array }> {
  readonly #limits: StreamLimits
  readonly #maker: FrameMaker<Frame>
  readonly #buffer = new FrameBuffer()
  #lineBytes = 0
  #hasLine = false
  /** The last byte was a CR; only the next one tells whether its line end is complete. */
  #afterCr = false
  #isDead = false

  constructor(limits: StreamLimits, maker: FrameMaker<Frame>) {
    this.#limits = limits
    this.#maker = maker
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
   * Providers end their lines with LF and write whole frames: those are known at sight or found by
   * native search, and not copied. Returns where the rest begins, which is read byte by byte.
   */
  #takeWhole(chunk: Uint8Array, frames: Frame[]): number {
    const isBetweenFrames = this.#buffer.length === 0 && !this.#afterCr && !this.#isDead
    if (!isBetweenFrames) return 0
    const { lineBytesMax, eventBytesMax } = this.#limits
    const bytesMax = Math.min(lineBytesMax, eventBytesMax)
    const bytes = asBuffer(chunk)
    let start = 0
    for (let frame = this.#maker.next(bytes, 0); frame !== undefined;) {
      if (frame.raw.length > bytesMax) break
      frames.push(frame)
      start += frame.raw.length
      if (start === bytes.length) return start
      frame = this.#maker.next(bytes, start)
    }
    if (bytes.includes(CR, start)) return start
    // A frame that begins with a blank line is none of the common ones.
    while (start < chunk.length && chunk[start] !== LF) {
      const blankLine = bytes.indexOf('\n\n', start, 'latin1')
      if (blankLine === -1 || blankLine + 2 - start > bytesMax) break
      const end = blankLine + 2
      frames.push(this.#maker.read(bytes.subarray(start, end)))
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
    return this.#maker.read(asBuffer(this.#buffer.take()))
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
    return this.#maker.read(Buffer.alloc(0), defect)
  }
}

/** The same bytes with Node's native searches; what a socket gives is one already. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
