import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, test } from 'node:test'
import {
  type Browser,
  findChromium,
  findViolations,
  findViolationsByTheme,
  launchBrowser,
  sidewaysScroll,
} from '../fixtures/browser.ts'
import { ROOT } from '../fixtures/paths.ts'
import { type Product, startProduct } from '../fixtures/product.ts'

const found = findChromium()

const MANIFEST = {
  id: 'greeter',
  version: '1.0.0',
  title: 'Greeter',
  api: '^1.0.0',
  kind: 'feature',
  entries: { server: 'server.ts', ui: 'ui.tsx' },
  capabilities: [{ name: 'ui.slot', reason: 'Greets on the overview.' }],
}
const SERVER = `import { definePlugin } from 'clawnex/contract'\nexport default definePlugin({ setup() {} })\n`
const panel = (text: string): string => `
  import { AreaBox, defineUi } from 'clawnex/ui'
  const Greeting = () => <AreaBox title="Greeting"><p id="greeting">${text}</p></AreaBox>
  export default defineUi({ panels: [{ slot: 'overview.main', order: 1, component: Greeting }] })
`

/** Addresses that a person meets on the first day. */
const PAGES = [
  '/start',
  '/overview',
  '/traffic',
  // A few rules stand for all: every row is built alike, and axe takes its time with hundreds.
  '/detections?q=category:command',
  '/agents',
  '/plugins?open=shield',
  '/settings',
  '/inbox',
]

describe('the dashboard of the real product', { skip: 'skip' in found ? found.skip : false }, () => {
  const data = mkdtempSync(join(tmpdir(), 'clawnex-dashboard-'))
  const folder = join(data, 'plugins', 'greeter')
  let product: Product
  let browser: Browser

  before(async () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'plugin.json'), JSON.stringify(MANIFEST))
    writeFileSync(join(folder, 'server.ts'), SERVER)
    writeFileSync(join(folder, 'ui.tsx'), panel('first words'))
    product = await startProduct({ data })
    browser = await launchBrowser('path' in found ? found.path : '')
  })
  // Each page holds a stream, and a browser grants six connections to one host.
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close()
  })
  after(async () => {
    await browser?.close()
    await product?.stop()
    rmSync(data, { recursive: true, force: true })
  })

  test('without a session a browser gets the page that tells how to get in', async () => {
    const { page } = await browser.open(product.ready.dashboard)
    await page.getByText('./clawnex open').waitFor()
    assert.equal((await page.request.get(`${product.ready.dashboard}/api/v1/kernel/plugins`)).status(), 401)
    assert.deepEqual(await findViolations(page), [])
  })

  test('the link opens the guided start, which sends both samples through the model path', async () => {
    const { page, complaints } = await browser.open(product.ready.link)
    await page.waitForURL('**/start')
    await page.getByRole('button', { name: 'Send a first prompt' }).click()
    await page.locator('#step-1[data-s="done"]').waitFor()
    await page.locator('#step-1 .turn', { hasText: 'demo model' }).waitFor()
    await page.getByRole('button', { name: 'Send the hostile sample' }).click()
    await page.locator('#step-2[data-s="done"] .verdict[data-v="block"]').waitFor()
    await page.getByText('the model was not called').waitFor()
    await page.locator('#step-3[aria-current="step"]').waitFor()
    // The README shows this page; it is taken again on request.
    if (process.env['CLAWNEX_PICTURE']) await page.screenshot({ path: join(ROOT, 'ui/dashboard.png') })
    assert.deepEqual(complaints, [])
  })

  test('a call appears in Traffic while the page is open, and opens with verdict and text', async () => {
    const { page, complaints } = await browser.open(`${product.ready.dashboard}/traffic`)
    await page.locator('.main a.title').first().waitFor()
    const before = await page.locator('tbody tr[data-key]').count()
    const call = await product.chat({
      model: 'clawnex/demo',
      messages: [{ role: 'user', content: 'A word seen live.' }],
    })
    const { status } = call
    await call.body?.cancel()
    assert.equal(status, 200)
    await page.locator('tbody tr[data-key]').nth(before).waitFor()
    await page.locator('.main a.title').first().click()
    await page.locator('.inspector .verdict[data-v="allow"]').waitFor()
    await page.locator('.inspector .turn', { hasText: 'A word seen live.' }).waitFor()
    assert.deepEqual(complaints, [])
  })

  test('an edited plugin changes its panel without a page load; a broken edit changes nothing', async () => {
    const { page, complaints } = await browser.open(`${product.ready.dashboard}/overview`)
    await page.locator('#greeting', { hasText: 'first words' }).waitFor()
    await page.evaluate(() => Object.assign(window, { same: true }))
    writeFileSync(join(folder, 'ui.tsx'), panel('other words'))
    await page.locator('#greeting', { hasText: 'other words' }).waitFor()
    writeFileSync(join(folder, 'ui.tsx'), 'export default (')
    await page.getByText('1 plugin failed').waitFor()
    assert.equal(await page.locator('#greeting').textContent(), 'other words')
    writeFileSync(join(folder, 'ui.tsx'), panel('last words'))
    await page.locator('#greeting', { hasText: 'last words' }).waitFor()
    assert.equal(await page.evaluate(() => 'same' in window), true)
    assert.deepEqual(complaints, [])
  })

  test('the reload button replaces a running plugin and shows its ten steps', async () => {
    const { page, complaints } = await browser.open(`${product.ready.dashboard}/plugins?open=traffic`)
    await page.getByRole('button', { name: /^Reload \d/ }).click()
    await page.getByText(/reloaded as generation \d/).waitFor()
    await page.locator('.area-head', { hasText: 'traffic' }).waitFor()
    assert.equal(await page.locator('.txn li').count(), 10)
    assert.equal(await page.locator('.txn [data-s="fail"]').count(), 0)
    assert.deepEqual(complaints, [])
  })

  for (const width of [1440, 390]) {
    test(`every page is sound at ${width} px in three themes: axe, width, console`, async () => {
      const { page, complaints } = await browser.open(`${product.ready.dashboard}/help`, { width, height: 900 })
      for (const path of PAGES) {
        await page.goto(product.ready.dashboard + path)
        await page.locator('h1', { hasText: /\S/ }).first().waitFor()
        await page.locator('.statusline', { hasText: /Shield/ }).waitFor()
        assert.deepEqual(await findViolationsByTheme(page), [], path)
        assert.equal(await sidewaysScroll(page), 0, path)
      }
      assert.deepEqual(complaints, [])
    })
  }
})
