import { dirname, join, normalize } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EVERY_RULE } from '../analyzer/rules/every-rule.ts'
import { RULES } from '../analyzer/rules/index.ts'
import { WINDOW_RULES } from '../analyzer/rules/window/index.ts'
import * as vocabulary from '../collector/vocabulary.ts'
import {
  exists,
  FILES,
  filesUnder,
  findLines,
  isExecutable,
  linesOf,
  read,
} from './support/repository.ts'

/**
 * The repository held to its own rules, so that none of them rests on a reviewer's memory. A
 * failure lists what is wrong; the title and the comment say what to do about it.
 */

const CODE_FOLDERS = ['analyzer', 'cli', 'collector', 'dashboard', 'demo', 'scripts', 'test']
const SOURCES = FILES.filter(
  (path) => CODE_FOLDERS.includes(path.split('/')[0] ?? '') && /\.(?:ts|tsx|mjs|js)$/.test(path),
)
const SHIPPED = SOURCES.filter((path) => !path.startsWith('test/'))
const PAGES = FILES.filter((path) => path.endsWith('.md'))
const ALL_TEXT = FILES.filter((path) => !/\.(?:gz|pb|png|svg|ico|woff2|db)$/.test(path))

/** Built from parts, so that this file does not find itself. */
const words = (...parts: readonly string[]): string => parts.join('')

const KINDS: Readonly<Record<string, RegExp>> = { fires: /\/fires-[^/]+$/, quiet: /\/quiet-[^/]+$/ }
const HEADINGS = [
  'What it means',
  'What triggers it',
  'Stop it now',
  'Fix it',
  'Verify',
  'When to mute',
]

function headingsOf(path: string): readonly string[] {
  return linesOf(path)
    .filter(({ text }) => text.startsWith('## '))
    .map(({ text }) => text.slice(3))
}

/** Our own keys, each once; the others are OpenTelemetry's to name. */
function oursAmong(keys: readonly string[]): readonly string[] {
  return [...new Set(keys)].filter((key) => key.startsWith('secondwind.')).toSorted()
}

describe('a rule is one name in five places', () => {
  const ids = EVERY_RULE.map(({ id }) => id)

  test('the registry lists every file of analyzer/rules that is a rule, and nothing else', () => {
    const files = filesUnder('analyzer/rules', /^analyzer\/rules\/[^/]+\.ts$/)
      .filter((path) => /^export const \w+: Rule = /m.test(read(path)))
      .map((path) => path.slice('analyzer/rules/'.length, -'.ts'.length))
    expect(RULES.map(({ id }) => id).toSorted()).toEqual(files.toSorted())
  })

  test('the registry of window rules lists every file of its folder that is one', () => {
    const files = filesUnder('analyzer/rules/window', /\.ts$/)
      .filter((path) => /^export const \w+: WindowRule = /m.test(read(path)))
      .map((path) => path.slice('analyzer/rules/window/'.length, -'.ts'.length))
    expect(WINDOW_RULES.map(({ id }) => id).toSorted()).toEqual(files.toSorted())
  })

  test('no two rules share an id', () => {
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('every rule has its test', () => {
    const missing = [
      ...RULES.map(({ id }) => `test/analyzer/rules/${id}.test.ts`),
      ...WINDOW_RULES.map(({ id }) => `test/analyzer/rules/window/${id}.test.ts`),
    ]
    expect(missing.filter((path) => !exists(path))).toEqual([])
  })

  test('every rule has fixtures that fire it, and near misses that do not', () => {
    const missing = ids.flatMap((id) =>
      ['fires', 'quiet']
        .filter((kind) => filesUnder(`test/fixtures/traces/${id}`, KINDS[kind]).length === 0)
        .map((kind) => `test/fixtures/traces/${id}/${kind}-*`),
    )
    expect(missing).toEqual([])
  })

  test('every rule has a page with the fixed headings, in their order', () => {
    const wrong = ids
      .map((id) => `docs/rules/${id}.md`)
      .filter((path) => !exists(path) || headingsOf(path).join() !== HEADINGS.join())
    expect(wrong).toEqual([])
  })

  test('no page and no fixture is left over from a rule that is gone', () => {
    const pages = filesUnder('docs/rules', /\.md$/)
      .map((path) => path.slice('docs/rules/'.length, -'.md'.length))
      .filter((name) => name !== 'README')
    const fixtures = filesUnder('test/fixtures/traces').map((path) => path.split('/')[3] ?? '')
    expect([...pages, ...fixtures].filter((name) => !ids.includes(name))).toEqual([])
  })
})

describe('where things stand', () => {
  /** Tests that are about more than one file. */
  const aboutMore = [
    'test/browser/',
    'test/contract/',
    'test/system/',
    'test/demo/',
    'test/support/',
    'test/long/',
    'test/matrix/',
    'test/simulation/',
    'test/interop/',
    'test/bench/',
    'test/collector/sdk/',
    'test/collector/faults/',
    'test/litellm/',
    'test/analyzer/story/dialects/litellm/traps/',
    'test/tidy.test.ts',
  ]
  /** Invariants of a folder that would fail silently; each says in its header why. */
  const invariants = new Set<string>([
    'test/analyzer/rules/every-sample.test.ts',
    'test/analyzer/rules/snippets.test.ts',
    'test/analyzer/settling/any-order.test.ts',
    'test/analyzer/settling/crash-anywhere.test.ts',
    'test/analyzer/story/hostile-spans.test.ts',
    'test/analyzer/story/litellm-deployments.test.ts',
    'test/analyzer/story/litellm-generalise.test.ts',
    'test/analyzer/story/litellm-join.test.ts',
    'test/analyzer/story/litellm-overlap.test.ts',
    'test/analyzer/story/litellm-recordings.test.ts',
    'test/analyzer/story/neighbours.test.ts',
    'test/analyzer/story/two-clocks.test.ts',
    'test/dashboard/text-nodes-only.test.ts',
  ])

  test('a test stands where its source stands: test/x/y.test.ts has an x/y.ts', () => {
    const orphans = filesUnder('test', /\.test\.tsx?$/)
      .filter((path) => !aboutMore.some((folder) => path.startsWith(folder)))
      .filter((path) => !invariants.has(path))
      .filter((path) => {
        const source = path.slice('test/'.length).replace(/\.test\.tsx?$/, '')
        return !['.ts', '.tsx', '.mjs', '.js'].some((ending) => exists(source + ending))
      })
    expect(orphans).toEqual([])
  })

  test('an index.ts is a registry, and there are only these', () => {
    const allowed = [
      'analyzer/alerting/notifiers/index.ts',
      'analyzer/rules/index.ts',
      'analyzer/rules/window/index.ts',
      'analyzer/store/sqlite/migrations/index.ts',
      'analyzer/story/dialects/index.ts',
      'collector/protocol/index.ts',
      'collector/upstream/providers/index.ts',
    ]
    const found = FILES.filter((path) => /\/index\.(?:ts|tsx)$/.test(path))
    expect(found.filter((path) => !allowed.includes(path))).toEqual([])
  })

  test('files and folders of code are kebab-case', () => {
    const odd = SOURCES.filter((path) => !/^[a-z0-9/-]+(?:\.[a-z0-9]+)+$/.test(path))
    expect(odd).toEqual([])
  })

  test('no file or folder has a name that says nothing; its noun is missing', () => {
    const banned = /(?:^|[/-])(?:utils?|helpers?|common|misc|types|manager|shared)(?:[/.-]|$)/
    expect(SOURCES.filter((path) => banned.test(path))).toEqual([])
  })

  test('wire.ts exports only types: the page must not carry the analyzer', () => {
    const values = findLines(
      ['analyzer/api/wire.ts', ...FILES.filter((path) => path.startsWith('analyzer/api/wire/'))],
      /^export (?!type |interface )|^import (?!type )/,
    )
    expect(values).toEqual([])
  })

  test('SQL is written under analyzer/store only', () => {
    const sql =
      /\b(?:SELECT\s+[\w*(]|INSERT (?:OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|CREATE (?:TABLE|INDEX)|PRAGMA )/
    const elsewhere = SHIPPED.filter((path) => !path.startsWith('analyzer/store/'))
    expect(findLines(elsewhere, sql)).toEqual([])
  })

  test('the environment is read in config folders, by the commands and by scripts', () => {
    const elsewhere = SHIPPED.filter(
      (path) =>
        !/\/config\//.test(path) && !path.startsWith('cli/') && !path.startsWith('scripts/'),
    )
    expect(findLines(elsewhere, /\bprocess\.env\b/)).toEqual([])
  })

  test('sidecar and analyzer connect to others in one place each', () => {
    const doors = [
      'collector/upstream/send.ts',
      'collector/telemetry/',
      'analyzer/alerting/notifiers/',
    ]
    const services = SHIPPED.filter((path) => /^(?:collector|analyzer)\//.test(path)).filter(
      (path) => !doors.some((door) => path.startsWith(door)),
    )
    const connects =
      /(?<![.\w])fetch\(|\bhttps?\.(?:request|get)\(|\b(?:net|tls)\.connect\(|\bcreateConnection\(|from 'undici'|new WebSocket\(|new EventSource\(/
    // A type of undici connects to nobody.
    const found = findLines(services, connects).filter((line) => !line.includes('import type'))
    expect(found).toEqual([])
  })
})

describe('what no line may hold', () => {
  test('a note to oneself: what is to be done is an issue or is done', () => {
    const note = new RegExp(
      String.raw`\b(?:${words('TO', 'DO')}|${words('FIX', 'ME')}|${words('X', 'XX')})\b`,
    )
    expect(findLines(SOURCES, note)).toEqual([])
  })

  test('a test that runs alone or not at all', () => {
    const tests = filesUnder('test', /\.ts$/).filter((path) => path !== 'test/tidy.test.ts')
    expect(findLines(tests, /\b(?:test|it|describe)\.(?:only|skip|todo|fails)\b(?!If)/)).toEqual([])
  })

  test('a hole in the types', () => {
    const hole = new RegExp(
      String.raw`${words('@ts', '-(?:ignore|nocheck|expect-error)')}|\b${words('as', ' any')}\b|:\s*${words('an', 'y')}\b(?:[\s,;)=[\]|]|$)|<${words('an', 'y')}>`,
    )
    const typed = SOURCES.filter((path) => /\.tsx?$/.test(path))
    // Prose may say "any": only code counts.
    const found = findLines(typed, hole).filter((line) => !/^\S+ (?:\/\/|\*|\/\*)/.test(line))
    expect(found).toEqual([])
  })

  test('the host of a package registry', () => {
    const host = new RegExp(
      [
        words('registry\\.', 'npmjs\\.'),
        words('registry\\.', 'yarnpkg\\.'),
        words('npm\\.', 'pkg\\.github'),
        words('\\bjfrog', '\\.io'),
        words('arti', 'factory'),
        words('"resol', 'ved": "http'),
      ].join('|'),
    )
    expect(findLines(ALL_TEXT, host)).toEqual([])
  })

  test('a path of the machine that it was written on', () => {
    const machine = new RegExp(
      String.raw`(?:^|[\s"'\x60(=])/(?:${words('wo', 'rk')}|${words('ro', 'ot')}|${words('home/', '[a-z]')}|${words('Users/', '[a-z]')}|${words('tmp/', 'helpers')})(?:/|$)`,
    )
    const ours = ALL_TEXT.filter((path) => !path.startsWith('test/fixtures/'))
    expect(findLines(ours, machine)).toEqual([])
  })

  test('a character that cannot be seen, or that turns the text around it', () => {
    // Controls, zero width and bidirectional characters, blanks that are not a blank.
    const unseen = /[^\P{Cc}\t]|\p{Cf}|\p{Zl}|\p{Zp}|[^\P{Zs} ]/u
    expect(findLines([...SOURCES, ...PAGES], unseen)).toEqual([])
  })

  test('a letter of another alphabet that looks like one of ours', () => {
    expect(findLines(SHIPPED, /[\u0370-\u03A9\u0400-\u052F]/)).toEqual([])
  })
})

describe('how lines look', () => {
  test('comments keep to 100 columns, as code does', () => {
    const wide = SOURCES.flatMap(linesOf)
      // The formatter sees to code; an address cannot be broken.
      .filter(({ text }) => /^\s*(?:\/\/|\*|\/\*)/.test(text) && !/https?:\/\//.test(text))
      .filter(({ text }) => text.length > 100)
      .map(({ path, number }) => `${path}:${number}`)
    expect(wide).toEqual([])
  })

  test('every text ends with a line feed, and no line with a blank or a carriage return', () => {
    const checked = [...SOURCES, ...PAGES]
    expect(checked.filter((path) => !read(path).endsWith('\n'))).toEqual([])
    // Two blanks at the end of a line are a line break in Markdown; nobody sees them.
    expect(findLines(checked, /[ \t\r]$/)).toEqual([])
  })
})

describe('what is written down is true', () => {
  test('the vocabulary table of README.md has exactly the keys of collector/vocabulary.ts', () => {
    const keys = Object.values(vocabulary.KEYS_BY_SPAN).flat()
    const rows = linesOf('README.md')
      .map(({ text }) => /^\| `([a-z_]+(?:\.[a-z_]+)+)` \|/.exec(text)?.[1])
      .filter((key) => key !== undefined)
    expect(oursAmong(rows)).toEqual(oursAmong(keys))
  })

  test('every dependency that ships has its reason in docs/decisions', () => {
    const { dependencies } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>
    }
    const decisions = filesUnder('docs/decisions', /\.md$/).map(read).join('\n')
    const without = Object.keys(dependencies).filter((name) => !decisions.includes(`\`${name}\``))
    expect(without).toEqual([])
  })

  test('every example configuration is loaded by a test', () => {
    const tests = filesUnder('test', /\.test\.ts$/).filter((path) => path !== 'test/tidy.test.ts')
    const texts = tests.map(read)
    const readsFolder = texts.some(
      (text) => text.includes('examples') && /readdirSync|globSync|readdir\(/.test(text),
    )
    const unread = filesUnder('examples', /\.ya?ml$/).filter(
      (path) =>
        !readsFolder && !texts.some((text) => text.includes(path.split('/').at(-1) ?? path)),
    )
    expect(unread).toEqual([])
  })

  test('every link to a file of ours leads to one', () => {
    const broken = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)\s#]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => normalize(join(dirname(page), target ?? '')).replace(/\/$/, ''))
        .filter((path) => !exists(path) && !FILES.some((file) => file.startsWith(`${path}/`)))
        .map((path) => `${page} → ${path}`),
    )
    expect(broken).toEqual([])
  })

  test('every file that an npm script names exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const missing = Object.entries(scripts).flatMap(([name, command]) =>
      command
        .split(' ')
        .filter((word) => /^[\w./-]+\.(?:mjs|ts|json)$/.test(word) && !word.startsWith('dist/'))
        .filter((path) => !exists(path))
        .map((path) => `${name}: ${path}`),
    )
    expect(missing).toEqual([])
  })

  test('.ci/run can be run', () => {
    expect(isExecutable('.ci/run')).toBe(true)
  })
})
