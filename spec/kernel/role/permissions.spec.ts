import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KERNEL_PERMISSIONS } from '../../../kernel/contract/index.ts'
import { kernelRoutes } from '../../../kernel/http/kernel-routes/index.ts'
import { createPermissions } from '../../../kernel/role/permissions.ts'

const own = KERNEL_PERMISSIONS.map(({ name }) => name)

test("the kernel declares exactly the permissions of its own routes, each in the kernel's name", () => {
  const used = new Set(kernelRoutes({} as never).flatMap(({ permission }) => permission ?? []))
  assert.deepEqual([...used].sort(), [...own].sort())
  for (const { name, title, roles } of KERNEL_PERMISSIONS) {
    assert.match(name, /^kernel\.[a-z]+$/)
    assert.ok(title !== '' && roles.includes('admin'), name)
  }
})

test('what can be granted follows the plugins; nobody takes a name of the kernel', () => {
  let plugins: { permissions: { name: string; title: string; roles: string[] }[] }[] | undefined
  const permissions = createPermissions(() => (plugins ? { status: () => plugins as never } : undefined))
  const names = () => permissions.list().map(({ name }) => name)
  assert.deepEqual(names(), own)
  const foreign = { name: 'kernel.read', title: 'Something else', roles: ['viewer'] }
  plugins = [
    { permissions: [{ name: 'a.read', title: 'A', roles: [] }, foreign] },
    { permissions: [{ name: 'a.read', title: 'again', roles: [] }] },
  ]
  assert.deepEqual(names(), [...own, 'a.read'])
  assert.equal(permissions.list()[0], KERNEL_PERMISSIONS[0])
  assert.equal(permissions.list().at(-1)?.title, 'A')
  plugins = []
  assert.deepEqual(names(), own)
})
