// Makes `demo/recordings/` from a folder of recorded LiteLLM exports (OTLP protobuf, each with a
// JSON that says what really happened). Run once per change of the choice; the demo and the tests
// need only its output.
//
//   node scripts/choose-recordings.mjs FOLDER
//
// Every recording gets route and model names of its own, the same wherever they stand: one source
// in the analyzer must be able to hold all of them without two requests being taken for one.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { stringify } from 'yaml'
import { decodeExport } from './otlp-protobuf.mjs'

const OUT = new URL('../demo/recordings/', import.meta.url).pathname

/** A route of the recorded proxy that has nothing to do with the request: error texts list them. */
const OTHER_ROUTE = /\bg[0-9a-f]{8,}\b/g

/** The new name of the route, and the recording. Names tell the team, never the verdict. */
const CHOSEN = [
  ['support-chat', '1.83.14/v1/0e31a6ab3c'],
  ['invoice-reader', '1.83.14/v1/1ecdd0aef9'],
  ['code-review', '1.90.7/v1/a5bc8b2ed3'],
  ['hr-assistant', '1.90.7/v2/204ecd6aab'],
  ['contract-search', '1.90.7/v2/29f94d52c2'],
  ['sales-notes', '1.95.1/v1/1d40b0a067'],
  ['ticket-triage', '1.95.1/v2/022c32a1c1'],
  ['meeting-minutes', '1.95.1/sdk-v2/0d8749fe4d'],
  ['pricing-agent', '1.109.1/v2-continuation/0d0463dccd'],
  ['travel-desk', '1.83.14/v1-httpx/ab563b6125'],
  ['legal-drafts', '1.90.7/v1-httpx/c8292c0515'],
  ['fraud-check', '1.83.14/v1/8241b6f74d'],
  ['onboarding-bot', '1.95.1/v1/67df142d34'],
  ['log-summaries', '1.97.0/v1/0c8c36f976'],
  ['release-notes', '1.97.0/v2/4876eba8df'],
  ['market-brief', '1.109.1/v2/30c6c80a58'],
  ['incident-helper', '1.109.1/sdk-v2/97596c8f8b'],
  ['docs-search', '1.97.0/v1/0d9730d806'],
  ['mail-writer', '1.97.0/v2/064df0dfe2'],
  ['menu-planner', '1.109.1/v1/014b0c6c9e'],
  ['quiz-maker', '1.109.1/v1/067511ee6a'],
  ['survey-coder', '1.109.1/v2/0a865c8625'],
  ['weather-agent', '1.109.1/v2/0e5bea3a14'],
  ['batch-tagger', '1.109.1/sdk-v1/9c4c883b6d'],
  ['claims-intake', '1.83.14/v1/0793c37653'],
  ['product-copy', '1.95.1/v1/0fa3eff6f2'],
  ['voice-notes', '1.97.0/v2/3664adfc0b'],
  ['chart-reader', '1.109.1/v2/048eb55666'],
  ['spell-checker', '1.90.7/v1/4409a87f73'],
  ['faq-bot', '1.95.1/v2/4878a9566b'],
  ['shift-planner', '1.97.0/v1/3c1cb84a16'],
  ['returns-desk', '1.83.14/v1/42fe80c73b'],
  ['news-digest', '1.95.1/v2/28786dc842'],
  ['lesson-plans', '1.109.1/v1/07f1755d86'],
  ['recipe-finder', '1.97.0/v1/2488d4e750'],
  ['parts-catalog', '1.109.1/v2/9b90e1a9fd'],
]

const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: node scripts/choose-recordings.mjs FOLDER')
  process.exit(2)
}

mkdirSync(OUT, { recursive: true })
for (const name of readdirSync(OUT)) rmSync(join(OUT, name))
const manifest = CHOSEN.map(([route, path]) => convert(route, path))
writeFileSync(join(OUT, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
writeFileSync(join(OUT, 'router-config.yaml'), unionOf(manifest.map(({ config }) => config)))
console.log(
  `${manifest.length} recordings, ${manifest.reduce((sum, one) => sum + one.spans, 0)} spans`,
)

function convert(route, path) {
  const truth = JSON.parse(readFileSync(join(folder, `${path}.json`), 'utf8'))
  const exported = decodeExport(readFileSync(join(folder, `${path}.pb`)))
  const rename = renamer(namesOf(truth.config, route))
  const renamed = rename(exported)
  const file = `${route}.otlp.json.gz`
  writeFileSync(join(OUT, file), gzipSync(JSON.stringify(renamed), { level: 9 }))
  return {
    route,
    file,
    litellmVersion: truth.litellmVersion,
    mode: truth.mode,
    api: truth.api,
    whatHappened: rename(truth.whatHappened),
    expected: {
      outcome: truth.expected.outcome,
      must: truth.expected.must,
      may: truth.expected.may,
    },
    spans: spansOf(renamed).length,
    config: withoutKeys(rename(truth.config)),
  }
}

/** Old name → new name, of every route, deployment id and model in the configuration. */
function namesOf(config, route) {
  const names = new Map()
  config.model_list.forEach((deployment, index) => {
    const model = deployment.litellm_params.model.split('/').at(-1)
    const isPrimary = deployment.model_name === config.model_list[0].model_name
    names.set(deployment.model_info.id, `${route}-deployment-${index + 1}`)
    names.set(model, `${model.replace(/-[0-9a-f]{3,}$/, '')}-${route}`)
    // Last, because some configurations give a deployment the name of its route as its id.
    if (isPrimary) names.set(deployment.model_name, route)
    else names.set(deployment.model_name, `${route}-backup${index > 1 ? `-${index}` : ''}`)
  })
  return names
}

function renamer(names) {
  const others = new Map()
  const other = (name) => {
    if (!others.has(name)) others.set(name, `other-route-${others.size + 1}`)
    return others.get(name)
  }
  const old = [...names.keys()].toSorted((a, b) => b.length - a.length)
  const escaped = old.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  const any = new RegExp(escaped.join('|'), 'g')
  const rename = (value) => {
    if (typeof value === 'string') {
      return value.replaceAll(any, (name) => names.get(name)).replaceAll(OTHER_ROUTE, other)
    }
    if (Array.isArray(value)) return value.map(rename)
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [rename(key), rename(inner)]),
    )
  }
  return rename
}

function spansOf(exported) {
  return exported.resourceSpans.flatMap(({ scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans),
  )
}

function withoutKeys(config) {
  return {
    ...config,
    model_list: config.model_list.map((deployment) => {
      const params = { ...deployment.litellm_params }
      delete params.api_key
      return { ...deployment, litellm_params: params }
    }),
  }
}

/** One LiteLLM with all the routes: what `router_config` of the demo's source `litellm` names. */
function unionOf(configs) {
  return stringify({
    model_list: configs.flatMap((config) => config.model_list),
    router_settings: {
      num_retries: 0,
      fallbacks: configs.flatMap((config) => config.router_settings?.fallbacks ?? []),
    },
    litellm_settings: { callbacks: ['otel'] },
  })
}
