import type { Said } from './conversation.ts'

/** A field that cannot be said honestly in the target's protocol, and why. */
export interface Untranslatable {
  readonly kind: 'not-translatable'
  readonly field: string
  readonly detail: string
}

/** More names than any request has fields of its own; a hostile one may have a million. */
const DROPPED_MAX = 24

/** Stands for all names beyond the limit. */
const MORE = 'and_more'

/**
 * What a translation could not say. Readers and writers note it and go on, so that none of them
 * has to ask after every step whether the one before it gave up.
 */
export class TranslationNotes {
  readonly #dropped = new Set<string>()
  #refusal: Untranslatable | undefined

  /** Fields without a word in the target's protocol that change no more than quality. */
  get dropped(): readonly string[] {
    return [...this.#dropped]
  }

  /** The first field that would be a lie where there is no word for it. */
  get refusal(): Untranslatable | undefined {
    return this.#refusal
  }

  /** Noted without its indexes: the name of a field, not of each place where it stood. */
  drop(field: string): void {
    this.#dropped.add(this.#dropped.size < DROPPED_MAX ? publicName(field) : MORE)
  }

  dropSaid(...said: readonly (Said<unknown> | undefined)[]): void {
    for (const one of said) if (one !== undefined) this.drop(one.field)
  }

  refuse(field: string, detail: string): undefined {
    this.#refusal ??= { kind: 'not-translatable', field, detail }
  }
}

/** Names go into a header and onto a span, and a stranger's key may hold a prompt. */
function publicName(field: string): string {
  const name = field.replaceAll(/\[\d+\]/g, '')
  return /^[A-Za-z_][\w.-]{0,63}$/.test(name) ? name : 'other'
}
