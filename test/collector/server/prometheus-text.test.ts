import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Counter, Histogram, type Metric } from '../../../collector/server/prometheus-text.ts'
import { parsePrometheus } from '../../support/parse-prometheus.ts'

const parse = (metric: Metric) => parsePrometheus(`${metric.render().join('\n')}\n`)

describe('a counter', () => {
  test('keeps any label value, however hostile, as one value of one label', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (value) => {
        const counter = new Counter({ name: 'x_total', help: 'X.', labels: ['a', 'b'] })
        counter.add([value, 'b'], 2)
        const [sample] = parse(counter).get('x_total')?.samples ?? []
        expect(sample).toEqual({ name: 'x_total', labels: { a: value, b: 'b' }, value: 2 })
      }),
    )
  })

  test('calls the rest __other__ once there are too many, and loses no count', () => {
    const counter = new Counter({
      name: 'x_total',
      help: 'X.',
      labels: ['route', 'outcome'],
      closed: ['outcome'],
    })
    for (let index = 0; index < 10_000; index += 1) {
      counter.add([`route-${index}`, index % 2 === 0 ? 'ok' : 'failed'])
    }
    const samples = parse(counter).get('x_total')?.samples ?? []
    expect(samples.length).toBe(502)
    expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(10_000)
    const others = samples.filter(({ labels }) => labels['route'] === '__other__')
    expect(others.map(({ labels }) => labels['outcome'])).toEqual(['ok', 'failed'])
  })
})

describe('a histogram', () => {
  test('counts each value in every bucket that it fits, and once altogether', () => {
    const histogram = new Histogram({ name: 'x_seconds', help: 'X.', labels: ['a'] }, [1, 2])
    for (const value of [0.5, 1, 1.5, 99]) histogram.observe(['r'], value)
    const samples = parse(histogram).get('x_seconds')?.samples ?? []
    expect(samples.map(({ labels, value }) => [labels['le'], value])).toEqual([
      ['1', 2],
      ['2', 3],
      ['+Inf', 4],
      [undefined, 102],
      [undefined, 4],
    ])
  })
})
