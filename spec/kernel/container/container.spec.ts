import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createServices } from '../../../kernel/container/container.ts'

it('services belong to the scope of their generation and pass between scopes only when admitted', () => {
  const { root, openScope } = createServices(new Map([['kernel.clock@1', 'clock']]))
  const [alpha, beta] = [openScope(), openScope()]
  const value = { name: 'alpha' }
  alpha.offer('alpha.value@1', value)
  assert.equal(alpha.resolve('alpha.value@1'), value)
  assert.equal(alpha.resolve('kernel.clock@1'), 'clock')
  assert.equal(beta.has('alpha.value@1'), false)
  assert.equal(root.has('alpha.value@1'), false)
  assert.throws(() => beta.resolve('alpha.value@1'))
  beta.admit('alpha.value@1', alpha)
  assert.equal(beta.resolve('alpha.value@1'), value)
  alpha.offer('alpha.value@1', 'next')
  assert.equal(beta.resolve('alpha.value@1'), value, 'what was admitted stays what it was')
})
