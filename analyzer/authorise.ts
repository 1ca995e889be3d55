import { TokenFile, type TokenVerdict } from './api/access.ts'
import type { SourceConfig } from './config/config.ts'
import type { Authorisation } from './ingest/receiver.ts'

export interface AuthoriseOptions {
  /** Opens everything; absent: reading needs no token, which only a loopback bind may have. */
  readonly authTokenFile: string | undefined
  readonly sources: readonly SourceConfig[]
  readonly now: () => number
}

export interface Authoriser {
  readonly read: (authorization: string | undefined) => TokenVerdict
  readonly ingest: (authorization: string | undefined) => Authorisation
}

/** Who may read, and who may send spans as which source. */
export function createAuthoriser({ authTokenFile, sources, now }: AuthoriseOptions): Authoriser {
  const main = authTokenFile === undefined ? undefined : new TokenFile(authTokenFile, now)
  const bySource = sources.flatMap(({ name, tokenFile }) =>
    tokenFile === undefined ? [] : [{ name, token: new TokenFile(tokenFile, now) }],
  )
  return {
    read: (authorization) => main?.judge(authorization) ?? 'ok',
    ingest: (authorization) => {
      let rotating = false
      for (const { name, token } of bySource) {
        const verdict = token.judge(authorization)
        if (verdict === 'ok') return { kind: 'ok', source: name }
        rotating ||= verdict === 'rotating'
      }
      // Without a token of its own, the analyzer takes what comes without one, and names it by its
      // resource; a token that belongs to nobody is a mistake that must be seen.
      const verdict =
        main?.judge(authorization) ??
        (authorization === undefined || bySource.length === 0 ? 'ok' : 'wrong')
      if (verdict === 'ok') return { kind: 'ok' }
      return { kind: rotating ? 'rotating' : verdict }
    },
  }
}
