import type { DecodedFrame, ProviderError, StreamEvent } from '../event.ts'
import { isObject, own, parseJson, parseJsonBytes } from '../json.ts'
import type { JsonObject } from '../json.ts'
import type { StreamDecoder, StreamLimits } from '../protocol.ts'
import { readErrorObject, readErrorText } from '../read-error.ts'
import { parseSseFrame } from './parse-sse-frame.ts'
import type { SseFrame } from './parse-sse-frame.ts'
import { SseSplitter } from './sse-splitter.ts'
import { TextTemplate } from './text-template.ts'

/**
 * What one protocol makes of a frame's JSON; everything else about a stream is the same for all.
 */
export interface FrameReader {
  read(payload: JsonObject, eventName: string | undefined): readonly StreamEvent[]
  /** Repairs a frame that clients of its own protocol could not read. */
  mend?(frame: DecodedFrame, eventName: string | undefined): DecodedFrame
}

const PRELUDE: readonly StreamEvent[] = [{ kind: 'prelude' }]

/** Frames of one stream that a template is learnt from; where it never fits, it is left at that. */
const TEMPLATES_MAX = 16

/** Bytes → frames → JSON → events. `[DONE]` is read here, for both OpenAI protocols send it. */
export function createSseDecoder(limits: StreamLimits, reader: FrameReader): StreamDecoder {
  let template: TextTemplate | undefined
  let templatesLeft = TEMPLATES_MAX
  const decode = (raw: Uint8Array, defect?: string): DecodedFrame =>
    decodeFrame(parseSseFrame(raw, defect), reader)
  return new SseSplitter<DecodedFrame>(limits, {
    next(body, start) {
      const known = template?.next(body, start)
      return known && new RepeatedFrame(known.raw, known.text)
    },
    read(raw, defect) {
      const text = template?.textOf(raw)
      if (text !== undefined) return new RepeatedFrame(raw, text)
      const frame = decode(raw, defect)
      const said = templatesLeft > 0 ? onlyText(frame, raw) : undefined
      if (said !== undefined) {
        templatesLeft -= 1
        template = TextTemplate.learn(raw, said, (other) => onlyText(decode(other), other))
      }
      return frame
    },
  })
}

/** A frame that a template has read: its JSON is parsed only for who asks. */
class RepeatedFrame implements DecodedFrame {
  readonly raw: Uint8Array
  readonly events: readonly StreamEvent[]

  constructor(raw: Uint8Array, text: string) {
    this.raw = raw
    this.events = [{ kind: 'text', text }]
  }

  get payload(): JsonObject | undefined {
    const json = parseJson(parseSseFrame(this.raw).data ?? '')
    return json.kind === 'parsed' && isObject(json.value) ? json.value : undefined
  }
}

/** The text of a frame that says nothing else, and that is passed on as it came. */
function onlyText({ raw, events }: DecodedFrame, original: Uint8Array): string | undefined {
  const [event] = events
  if (event?.kind !== 'text' || events.length > 1 || raw !== original) return undefined
  return event.text
}

function decodeFrame(frame: SseFrame, reader: FrameReader): DecodedFrame {
  const { raw } = frame
  if (frame.defect !== undefined) return bareError(raw) ?? malformed(raw, frame.defect)
  // Comments, and events without data, which the specification does not dispatch.
  if (frame.data === undefined || frame.data.trim() === '') return { raw, events: PRELUDE }
  if (frame.data.trim() === '[DONE]') return { raw, events: [{ kind: 'closing' }] }
  const json = parseJson(frame.data)
  // An error in plain words is still an error, by its name.
  if (frame.event === 'error' && (json.kind === 'invalid' || !isObject(json.value))) {
    return failed(raw, readErrorText(frame.data))
  }
  if (json.kind === 'invalid')
    return malformed(raw, `an event whose data is broken: ${json.detail}`)
  if (!isObject(json.value)) return malformed(raw, 'an event whose data is no JSON object')
  const decoded = { raw, payload: json.value, events: reader.read(json.value, frame.event) }
  return reader.mend?.(decoded, frame.event) ?? decoded
}

/** A server that fails may forget that it was streaming, and write its JSON as it always does. */
function bareError(raw: Uint8Array): DecodedFrame | undefined {
  const json = parseJsonBytes(raw)
  if (json.kind === 'invalid' || !isObject(json.value)) return undefined
  return own(json.value, 'error') ? failed(raw, readErrorObject(json.value)) : undefined
}

function failed(raw: Uint8Array, error: ProviderError): DecodedFrame {
  return { raw, events: [{ kind: 'error', error }] }
}

function malformed(raw: Uint8Array, detail: string): DecodedFrame {
  return { raw, events: [{ kind: 'malformed', detail }] }
}
