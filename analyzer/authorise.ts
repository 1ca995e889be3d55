import { shownToken, TokenFile, type TokenVerdict } from './api/token-file.ts'
import type { SourceConfig } from './config/config.ts'
import { AnalyzerError } from './errors.ts'
import type { Authorisation } from './ingest/receive/receiver.ts'

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

interface SourceToken {
  readonly name: string
  readonly token: TokenFile
}

/** Who may read, and who may send spans as which source. */
export function createAuthoriser({ authTokenFile, sources, now }: AuthoriseOptions): Authoriser {
  const main = authTokenFile === undefined ? undefined : new TokenFile(authTokenFile, now)
  const bySource = sources.flatMap(({ name, tokenFile }) =>
    tokenFile === undefined ? [] : [{ name, token: new TokenFile(tokenFile, now) }],
  )
  refuseSharedTokens(bySource)
  return {
    read: (authorization) => main?.judge(shownToken(authorization)) ?? 'ok',
    ingest: (authorization) => {
      const shown = shownToken(authorization)
      // All are asked, so that the time does not tell how far down the list a token is.
      const judged = bySource.map(({ name, token }) => ({ name, verdict: token.judge(shown) }))
      const own = judged.find(({ verdict }) => verdict === 'ok')
      if (own !== undefined) return { kind: 'ok', source: own.name }
      // Without a token of its own, the analyzer takes what comes without one, and names it by its
      // resource; a token that belongs to nobody is a mistake that must be seen.
      const verdict =
        main?.judge(shown) ??
        (authorization === undefined || bySource.length === 0 ? 'ok' : 'wrong')
      if (verdict === 'ok') return { kind: 'ok' }
      const isRotating = judged.some((each) => each.verdict === 'rotating')
      return { kind: isRotating ? 'rotating' : verdict }
    },
  }
}

function refuseSharedTokens(bySource: readonly SourceToken[]): void {
  for (const [index, { name, token }] of bySource.entries()) {
    const twin = bySource.slice(index + 1).find((other) => token.sharesTokenWith(other.token))
    if (twin === undefined) continue
    throw new AnalyzerError('ANALYZER_TOKEN_UNUSABLE', {
      message: `the sources ${name} and ${twin.name} have the same token, so that nobody could tell which of them sends`,
      hint: 'Give each source a token of its own: openssl rand -hex 32 > token',
    })
  }
}
