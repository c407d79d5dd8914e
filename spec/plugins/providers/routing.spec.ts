import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PublishedProvider } from '../../../plugins/providers/contract.ts'
import { createRouter } from '../../../plugins/providers/routing/router.ts'

function provider(id: string, part: Partial<PublishedProvider> = {}): PublishedProvider {
  return {
    id,
    dialect: 'openai',
    baseUrl: `https://${id}.example.com/v1`,
    sealedKey: null,
    models: null,
    prices: {},
    timeouts: { firstByte: 1000, idle: 1000 },
    ...part,
  }
}

function routerOf(providers: readonly PublishedProvider[], disabled: readonly string[] = []) {
  const router = createRouter(
    sealed => sealed,
    () => {},
  )
  router.replace({ providers, disabled })
  return router
}

const whereTo = (router: ReturnType<typeof routerOf>, model: string) => {
  const target = router.resolve(model)
  return target && `${target.provider} ${target.model}`
}

test('provider/model splits at the first slash', () => {
  const router = routerOf([provider('openrouter'), provider('openai', { models: ['gpt-5'] })])
  const table: [string, string | null][] = [
    ['openrouter/openai/gpt-oss', 'openrouter openai/gpt-oss'],
    ['openai/gpt-5', 'openai gpt-5'],
    ['openai/gpt-4', null],
    ['openai/', null],
    ['openrouter/', null],
    ['/gpt-5', null],
    ['', null],
    ['unknown/model', null],
    ['clawnex/demo', 'clawnex demo'],
    ['clawnex/other', null],
  ]
  for (const [name, expected] of table) assert.equal(whereTo(router, name), expected, name)
})

test('a plain name resolves when exactly one provider lists it, and is never guessed', () => {
  const two = routerOf([provider('a', { models: ['x', 'both'] }), provider('b', { models: ['y', 'both'] })])
  assert.equal(whereTo(two, 'x'), 'a x')
  assert.equal(whereTo(two, 'y'), 'b y')
  assert.equal(whereTo(two, 'both'), null)
  assert.equal(whereTo(two, 'z'), null)
  const one = routerOf([provider('openrouter')])
  assert.equal(whereTo(one, 'gpt-5'), null)
  assert.equal(whereTo(one, 'openai/gpt-5'), null)
  const listed = routerOf([provider('openrouter', { models: ['openai/gpt-5'] })])
  assert.equal(whereTo(listed, 'openai/gpt-5'), 'openrouter openai/gpt-5')
  assert.equal(whereTo(routerOf([]), 'gpt-5'), null)
  assert.equal(whereTo(routerOf([provider('a', { models: ['x'] })]), 'gpt-5'), null)
})

test('a provider that is switched off or speaks another dialect is never replaced by another one', () => {
  const router = routerOf([provider('openrouter'), provider('anthropic', { dialect: 'anthropic' })], ['openai'])
  assert.equal(whereTo(router, 'anthropic/claude'), 'anthropic claude')
  assert.equal(router.resolve('anthropic/claude')?.dialect, 'anthropic')
  assert.equal(whereTo(router, 'openai/gpt-5'), null)
  assert.equal(whereTo(router, 'openrouter/mistral/large'), 'openrouter mistral/large')
})

test('a plain name goes to the provider that speaks the dialect of the call', () => {
  const router = routerOf([
    provider('a', { models: ['both', 'open'] }),
    provider('b', { models: ['both'], dialect: 'anthropic' }),
  ])
  const of = (model: string, dialect: 'openai' | 'anthropic') => router.resolve(model, dialect)?.provider
  assert.deepEqual([of('both', 'openai'), of('both', 'anthropic')], ['a', 'b'])
  // Told, so that the refusal can name it.
  assert.equal(of('open', 'anthropic'), 'a')
  assert.equal(router.resolve('clawnex/demo', 'anthropic')?.dialect, 'anthropic')
})

test('models are listed by their full names, the demo model marked', () => {
  const router = routerOf([provider('a', { models: ['x', 'y'] }), provider('b')])
  assert.deepEqual(
    router.models().map(entry => [entry.id, entry.demo]),
    [
      ['a/x', false],
      ['a/y', false],
      ['clawnex/demo', true],
    ],
  )
})

test('a target carries price, time limits and the opened key', () => {
  const own = { input: 1, output: 2, currency: 'USD', trust: 'estimated' } as const
  const any = { input: 3, output: 4, currency: 'EUR', trust: 'estimated' } as const
  const router = routerOf([provider('a', { sealedKey: 'k', prices: { x: own, '*': any } }), provider('b')])
  assert.deepEqual(router.resolve('a/x')?.price, own)
  assert.deepEqual(router.resolve('a/y')?.price, any)
  assert.equal(router.resolve('b/y')?.price, null)
  assert.equal(router.resolve('b/constructor')?.price, null)
  assert.deepEqual(router.resolve('a/x')?.headers, { authorization: 'Bearer k' })
  assert.deepEqual(router.resolve('a/x')?.timeouts, { firstByte: 1000, idle: 1000 })
})

test('any name resolves or does not, without a throw, and never to a provider that is not there', () => {
  const router = routerOf([provider('a', { models: ['m'] }), provider('b')])
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map(text => `a/${text}`),
        fc.constant('__proto__/x'),
      ),
      name => {
        const target = router.resolve(name)
        assert.ok(target === null || ['a', 'b', 'clawnex'].includes(target.provider))
      },
    ),
  )
})
