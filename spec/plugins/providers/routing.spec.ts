import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LiteLlm } from '../../../kernel/contract/index.ts'
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
    route: 'auto',
    ...part,
  }
}

function routerOf(providers: readonly PublishedProvider[], disabled: readonly string[] = [], litellm?: LiteLlm) {
  const router = createRouter({ open: sealed => sealed, warn: () => {}, litellm: () => litellm })
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

/** LiteLLM that serves the providers named, as the kernel offers it. */
function litellmFor(served: readonly string[], expected = true): LiteLlm {
  return {
    configure() {},
    endpoint: id =>
      served.includes(id) ? { baseUrl: 'http://127.0.0.1:4002/v1', headers: { authorization: 'm' } } : null,
    expected: () => expected,
  }
}

test('the policy decides the route, and translation makes every dialect reachable', () => {
  const providers = (['auto', 'litellm', 'direct'] as const).map(route => provider(route, { route, sealedKey: 'k' }))
  const via = routerOf(providers, [], litellmFor(['auto', 'litellm', 'direct']))
  for (const id of ['auto', 'litellm'] as const) {
    for (const dialect of ['openai', 'anthropic'] as const) {
      const target = via.resolve(`${id}/m`, dialect)
      assert.deepEqual([target?.route, target?.dialect, target?.model], ['litellm', dialect, 'm'])
      assert.equal(target?.sentAs, `${id}/m`)
      assert.deepEqual(target?.headers, { authorization: 'm' }, 'the key of the provider stays with LiteLLM')
    }
  }
  assert.equal(via.resolve('direct/m')?.route, 'direct')
  assert.equal(via.resolve('direct/m', 'anthropic')?.dialect, 'openai', 'told, so that the refusal can name it')
  assert.deepEqual(
    via.viaLiteLlm().map(({ id, key }) => [id, key]),
    [
      ['auto', 'k'],
      ['litellm', 'k'],
    ],
  )
})

test('without LiteLLM those go on that can go direct, and the others are asked to retry while it is worth it', () => {
  const providers = [provider('auto'), provider('only', { route: 'litellm' })]
  const down = routerOf(providers, [], litellmFor([]))
  assert.equal(down.resolve('auto/m')?.route, 'direct')
  assert.throws(() => down.resolve('auto/m', 'anthropic'), { code: 'GW_LITELLM', status: 503, advice: 'retry' })
  assert.throws(() => down.resolve('only/m'), { code: 'GW_LITELLM' })
  const never = routerOf(providers, [], litellmFor([], false))
  assert.equal(never.resolve('auto/m', 'anthropic')?.route, 'direct')
  assert.throws(() => never.resolve('only/m'), { code: 'GW_LITELLM' })
})

test('a provider whose key cannot be opened is not handed to LiteLLM and not called without it', () => {
  const router = createRouter({
    open() {
      throw new Error('altered')
    },
    warn: () => {},
    litellm: () => litellmFor(['a']),
  })
  router.replace({ providers: [provider('a', { sealedKey: 'x' })], disabled: [] })
  assert.deepEqual(router.viaLiteLlm(), [])
  assert.throws(() => router.resolve('a/m'), { code: 'GW_INTERNAL' })
})
