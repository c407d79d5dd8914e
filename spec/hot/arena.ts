import { Agent, createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import type { Workshop } from '../kernel/transaction/fixture.ts'

export type Load = 'plain' | 'slow' | 'stream'

/** One plugin with an instant route, one that waits 60 ms and one that streams for 90 ms; every answer tells its version. */
export function versionSource(version: number, broken = ''): string {
  return `import { definePlugin } from 'clawnex/contract'
import { table } from './table.ts'
const wait = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
export default definePlugin({
  setupTimeout: 60,
  async setup(host) {
    let open = true
    await host.effect('flag', () => () => { open = false })
    const answer = () => {
      if (!open) throw new Error('used after its end')
      return 'v${version}.' + table.length
    }
    const route = (path: string, handle: () => unknown) =>
      host.route({ method: 'GET', path, summary: 's', public: true, probe: path === '/plain' ? true : undefined, handle })
    route('/plain', () => answer())
    route('/slow', async () => { const first = answer(); await wait(60); return answer() === first ? first : 'mixed' })
    route('/stream', async function* () { for (let n = 0; n < 6; n += 1) { yield answer() + ' '; await wait(15) } })
    ${broken}
  },
})
`
}

const TABLE = `export const table = [${Array.from({ length: 200 }, (_, n) => `{ n: ${n}, text: 'row ${n}' }`).join(', ')}]\n`

type Sabotage = readonly [name: string, files: (version: number) => Record<string, string | null>]

/** What goes wrong, in rotation. Every entry restores what the one before broke. */
export const SABOTAGES: readonly Sabotage[] = [
  ['syntax', version => ({ 'server.ts': `${versionSource(version)}\nconst {{{` })],
  ['import', version => ({ 'server.ts': `import koa from 'koa'\n${versionSource(version)}\nkoa()` })],
  [
    'migration',
    version => ({
      'server.ts': versionSource(version),
      'migrations/0002-bad.ts':
        "export default { up(db) { db.exec('CREATE TABLE arena_b (x)'); db.exec('NONSENSE') } }",
    }),
  ],
  ['throwing setup', version => ({ 'server.ts': versionSource(version, "throw new Error('sabotage')") })],
  ['hanging setup', version => ({ 'server.ts': versionSource(version, 'await new Promise(() => {})') })],
  ['probe', version => ({ 'server.ts': versionSource(version, "return { probe() { throw new Error('ill') } }") })],
]

export function writeGood(shop: Workshop, version: number): void {
  shop.write(
    'arena',
    {
      'server.ts': versionSource(version),
      'table.ts': TABLE,
      'migrations/0001-first.ts': "export default { up(db) { db.exec('CREATE TABLE IF NOT EXISTS arena_a (x)') } }",
      'migrations/0002-bad.ts': null,
    },
    { version: `1.0.${version}` },
  )
}

export function writeBad(shop: Workshop, version: number, turn: number): string {
  const [name, files] = SABOTAGES[turn % SABOTAGES.length] as Sabotage
  writeGood(shop, version)
  shop.write('arena', files(version), { version: `1.0.${version}` })
  return name
}

/** A socket in front of the kernel that does what the dispatcher does: read the snapshot once, pin it, release on close. */
export async function listen(shop: Workshop, test: Pick<TestContext, 'after'>): Promise<string> {
  const server = createServer(async (req, res) => {
    const pin = shop.kernel.pin()
    res.once('close', pin.release)
    const [, plugin = ''] = (req.url ?? '').split('/')
    const ctx: { path: string; body: unknown } = { path: req.url ?? '', body: undefined }
    try {
      const found = await pin.snapshot.routes.get(plugin)?.handle(ctx as never)
      if (!found) res.statusCode = 404
      if (typeof ctx.body === 'object' && ctx.body !== null) {
        for await (const chunk of ctx.body as AsyncIterable<string>) res.write(chunk)
        res.end()
      } else res.end(String(ctx.body))
    } catch (error) {
      if (!res.headersSent) res.statusCode = 500
      res.end(String(error))
    }
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  test.after(() => close(server))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(() => resolve()))
}

export interface Traffic {
  readonly ok: Readonly<Record<Load, number>>
  /** What went wrong, in words. */
  readonly failures: readonly string[]
  stop(): Promise<void>
}

/** Keeps `clients` busy on each kind of route until stopped. */
export function startTraffic(origin: string, loads: readonly Load[], clients: number): Traffic {
  const agent = new Agent({ keepAlive: true })
  const ok: Record<Load, number> = { plain: 0, slow: 0, stream: 0 }
  const failures: string[] = []
  let running = true
  const client = async (load: Load): Promise<void> => {
    while (running) {
      const { status, text } = await get(`${origin}/arena/${load}`, agent)
      const versions = new Set(text.trim().split(' '))
      const good = status === 200 && versions.size === 1 && /^v\d+\.200$/.test([...versions][0] ?? '')
      if (good) ok[load] += 1
      else failures.push(`${load} ${status} ${text.slice(0, 80)}`)
      // An instant route in a loop of its own would take the whole core from the kernel under test.
      if (load === 'plain') await new Promise(resolve => setTimeout(resolve, 2))
    }
  }
  const all = Promise.all(loads.flatMap(load => Array.from({ length: clients }, () => client(load))))
  return {
    ok,
    failures,
    async stop() {
      running = false
      await all
      agent.destroy()
    },
  }
}

function get(url: string, agent: Agent): Promise<{ status: number; text: string }> {
  return new Promise(resolve => {
    const request = httpRequest(url, { agent }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      response.on('error', error => resolve({ status: 0, text: String(error) }))
    })
    request.on('error', error => resolve({ status: 0, text: String(error) }))
    request.end()
  })
}
