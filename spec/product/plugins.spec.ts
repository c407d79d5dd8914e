import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ROOT, temporaryFolder } from '../fixtures/paths.ts'
import { descendantsWithRole, type Product, startProduct } from '../fixtures/product.ts'

interface Status {
  readonly id: string
  readonly state: string
  readonly generation: number
  readonly error: { readonly code: string } | null
}

const statusOf = async (product: Product, id: string): Promise<Status | undefined> => {
  const answer = await product.api('/api/v1/kernel/plugins')
  return ((await answer.json()) as { items: Status[] }).items.find(item => item.id === id)
}

const demo = { model: 'clawnex/demo', messages: [{ role: 'user', content: 'Say hello in five words.' }] }

/** What the caller of the model path sees while the plugin is away. */
const WITHOUT: Readonly<Record<string, number>> = { shield: 503, providers: 503 }

describe('each plugin except rbac can be away: the kernel starts, the rest works, what is missing says so', () => {
  const ids = readdirSync(join(ROOT, 'plugins'), { withFileTypes: true })
    .filter(entry => entry.isDirectory() && entry.name !== 'rbac')
    .map(entry => entry.name)

  for (const id of ids) {
    test(`without ${id}`, async t => {
      const product = await startProduct({ data: temporaryFolder(t), env: { CLAWNEX_WITHOUT_PLUGINS: id } })
      t.after(() => product.stop())
      const listed = (await (await product.api('/api/v1/kernel/plugins')).json()) as { items: Status[] }
      for (const other of ids.filter(name => name !== id)) {
        const state = listed.items.find(item => item.id === other)
        assert.equal(state?.state, 'active', `${other} without ${id}: ${JSON.stringify(state)}`)
      }
      const gone = await product.api(`/api/v1/${id}`)
      assert.equal(gone.status, 404)
      assert.match(((await gone.json()) as { detail: string }).detail, new RegExp(id))

      const call = await product.chat(demo)
      assert.equal(call.status, WITHOUT[id] ?? 200)
      if (WITHOUT[id]) assert.match(await call.text(), new RegExp(`The plugin ${id} is not active`))
      assert.equal((await fetch(`${product.ready.model}/health/liveliness`)).status, 200)
      assert.equal((await fetch(`${product.ready.dashboard}/api/health`)).status, 200)
    })
  }
})

describe('a plugin of the operator, edited while the product runs', () => {
  const manifest = {
    id: 'greeter',
    version: '1.0.0',
    title: 'Greeter',
    api: '^1.0.0',
    kind: 'feature',
    entries: { server: 'server.ts' },
    permissions: [{ name: 'greeter.read', title: 'Read', roles: ['viewer'] }],
  }
  const source = (text: string, setup = '') => `
    import { definePlugin, defineRoute } from 'clawnex/contract'
    export default definePlugin({
      setup(host) {
        ${setup}
        host.route(defineRoute({ method: 'GET', path: '', summary: 'Greets.', permission: 'greeter.read', handle: () => ({ text: ${JSON.stringify(text)} }) }))
      },
    })`

  test('loads, reloads on save, and keeps the old version while the new one is broken', async t => {
    const data = temporaryFolder(t)
    const folder = join(data, 'plugins', 'greeter')
    mkdirSync(folder, { recursive: true })
    const save = (text: string): void => writeFileSync(join(folder, 'server.ts'), text)
    writeFileSync(join(folder, 'plugin.json'), JSON.stringify(manifest))
    save(source('one'))
    const product = await startProduct({ data })
    t.after(() => product.stop())
    const greeting = async (): Promise<string> => {
      const answer = await product.api('/api/v1/greeter')
      return answer.status === 200 ? ((await answer.json()) as { text: string }).text : String(answer.status)
    }
    assert.equal(await greeting(), 'one')

    save(source('two'))
    await product.until('the second version', async () => (await greeting()) === 'two')

    const broken: Readonly<Record<string, string>> = {
      PLG_BUNDLE_FAILED: 'export default definePlugin({ setup( {',
      PLG_IMPORT_FORBIDDEN: `import left from 'left-pad'\n${source('left')}\nvoid left`,
      PLG_SETUP_FAILED: source('three', `throw new Error('no')`),
    }
    for (const [code, text] of Object.entries(broken)) {
      save(text)
      await product.until(code, async () => (await statusOf(product, 'greeter'))?.error?.code === code)
      assert.equal(await greeting(), 'two')
      assert.ok(product.events.some(event => event.event === 'plugin') || product.stderr().includes(code))
    }

    save(source('four'))
    const reloaded = await product.api('/api/v1/kernel/plugins/greeter/reload', { method: 'POST' })
    assert.equal(reloaded.status, 200, await reloaded.text())
    await product.until('the fourth version', async () => (await greeting()) === 'four')
  })

  test('one that throws later is taken out, and the product goes on', async t => {
    const data = temporaryFolder(t)
    const late: Readonly<Record<string, string>> = {
      'late-timer': `setTimeout(() => { throw new Error('late') }, 80)`,
      'late-promise': `setTimeout(() => { void Promise.reject(new Error('late')) }, 80)`,
      'late-often': `setInterval(() => { JSON.parse('{') }, 80)`,
    }
    const addPlugin = (id: string, setup: string): void => {
      const folder = join(data, 'plugins', id)
      mkdirSync(folder, { recursive: true })
      const permissions = [{ ...manifest.permissions[0], name: `${id}.read` }]
      writeFileSync(join(folder, 'plugin.json'), JSON.stringify({ ...manifest, id, permissions }))
      writeFileSync(join(folder, 'server.ts'), source('fine', setup).replaceAll('greeter', id))
    }
    for (const [id, setup] of Object.entries(late)) addPlugin(id, setup)
    addPlugin('greeter', '')
    const product = await startProduct({ data, direct: true })
    t.after(() => product.stop())
    const pids = async () => [
      ...(await descendantsWithRole(product.child.pid as number, 'dashboard')),
      ...(await descendantsWithRole(product.child.pid as number, 'gateway')),
    ]
    const before = await pids()
    for (const id of Object.keys(late)) {
      await product.until(`${id} out`, async () => (await statusOf(product, id))?.error?.code === 'PLG_FAULT')
      const status = await statusOf(product, id)
      assert.deepEqual([status?.state, status?.generation], ['failed', 0])
      assert.equal((await product.api(`/api/v1/${id}`)).status, 404)
    }
    assert.equal((await product.api('/api/v1/greeter')).status, 200)
    assert.equal((await product.chat(demo)).status, 200)

    addPlugin('late-timer', '')
    await product.until('the mended plugin', async () => (await statusOf(product, 'late-timer'))?.state === 'active')
    assert.equal((await statusOf(product, 'late-often'))?.error?.code, 'PLG_FAULT')
    assert.deepEqual(await pids(), before)
    assert.equal(product.child.exitCode, null)
  })

  test('one that throws later in the gateway is taken out there, and calls go on', async t => {
    const data = temporaryFolder(t)
    const folder = join(data, 'plugins', 'late-gateway')
    mkdirSync(folder, { recursive: true })
    const entries = { gateway: 'gateway.ts' }
    writeFileSync(
      join(folder, 'plugin.json'),
      JSON.stringify({ ...manifest, id: 'late-gateway', entries, permissions: [] }),
    )
    writeFileSync(
      join(folder, 'gateway.ts'),
      `import { defineGatewayPlugin } from 'clawnex/contract'
       export default defineGatewayPlugin({ setup() { setTimeout(() => { throw new Error('late') }, 80) } })`,
    )
    const product = await startProduct({ data, direct: true })
    t.after(() => product.stop())
    const gateway = () => descendantsWithRole(product.child.pid as number, 'gateway')
    const before = await gateway()
    await product.until('the fault', async () => {
      const status = (await (await product.api('/api/v1/kernel/status')).json()) as {
        gateway: { plugins: Status[] }
      }
      return status.gateway.plugins.find(({ id }) => id === 'late-gateway')?.error?.code === 'PLG_FAULT'
    })
    assert.equal((await product.chat(demo)).status, 200)
    assert.deepEqual(await gateway(), before)
  })

  test('an invalid manifest is named and the rest starts', async t => {
    const data = temporaryFolder(t)
    mkdirSync(join(data, 'plugins', 'greeter'), { recursive: true })
    writeFileSync(join(data, 'plugins', 'greeter', 'plugin.json'), JSON.stringify({ ...manifest, api: '>=1' }))
    writeFileSync(join(data, 'plugins', 'greeter', 'server.ts'), source('one'))
    const product = await startProduct({ data })
    t.after(() => product.stop())
    assert.equal((await statusOf(product, 'greeter'))?.error?.code, 'PLG_API_RANGE')
    assert.equal((await product.chat(demo)).status, 200)
  })
})
