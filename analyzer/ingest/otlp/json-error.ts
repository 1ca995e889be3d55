import { MalformedError } from './protobuf-reader.ts'

/** Raised for a text that is not JSON, or more of it than is read. */
export class JsonError extends MalformedError {
  /** Goes on after the name of the text and "is". */
  readonly why: string

  constructor(why: string) {
    super(`the body is ${why}`)
    this.why = why
  }
}
