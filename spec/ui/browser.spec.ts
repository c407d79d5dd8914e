import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import {
  type Browser,
  findChromium,
  findViolationsByTheme,
  launchBrowser,
  sidewaysScroll,
} from '../fixtures/browser.ts'
import { type FakeDashboard, startFakeDashboard } from '../fixtures/dashboard.ts'
import { temporaryFolder } from '../fixtures/paths.ts'

const found = findChromium()

/** A UI module as the bundler would write it: shared modules by name, nothing else. */
const moduleSource = (text: string, extra = ''): string => `
import { h } from 'preact'
import { useState } from 'preact/hooks'
import { defineUi, Page, AreaBox, Stat } from 'clawnex/ui'
${extra}
function TrafficPage() {
  const [typed, setTyped] = useState('')
  return h(Page, { title: 'Traffic', area: 'traffic', placeholder: 'verdict:block', range: true, live: true },
    h('p', { id: 'version' }, '${text}'),
    h('input', { id: 'field', 'aria-label': 'Field', value: typed, onInput: event => setTyped(event.currentTarget.value) }))
}
const Panel = () => h(AreaBox, { title: 'Sample' }, h('p', { id: 'panel' }, '${text}'))
const Calls = () => h(Stat, { label: 'Calls', value: '12', prov: 'Gateway' })
export default defineUi({
  pages: [{ area: 'traffic', title: 'Calls', permission: 'traffic.read', component: TrafficPage }],
  panels: [
    { slot: 'overview.main', component: Panel },
    { slot: 'overview.stats', component: Calls },
  ],
})
`

describe('dashboard in a browser', { skip: 'skip' in found ? found.skip : false }, () => {
  let dashboard: FakeDashboard
  let browser: Browser
  const cleanups: (() => void)[] = []

  before(async () => {
    dashboard = await startFakeDashboard(temporaryFolder({ after: fn => cleanups.push(fn) }))
    browser = await launchBrowser('path' in found ? found.path : '')
  })

  after(async () => {
    await browser?.close()
    await dashboard?.close()
    for (const cleanup of cleanups) cleanup()
  })

  // Each page holds a stream, and a browser grants six connections to one host.
  afterEach(async () => {
    for (const page of browser.context.pages().slice(1)) await page.close()
  })

  function reset(): void {
    dashboard.plugins.length = 0
    dashboard.calls.length = 0
    dashboard.permissions = '*'
    dashboard.hasSession = true
    dashboard.plugins.push({ id: 'traffic', version: '1.0.0', generation: 1, error: null, ui: moduleSource('first') })
    dashboard.nextUi = () => moduleSource('second')
  }

  test('the guided start sends a prompt, sees a hostile one blocked, and says what is next', async () => {
    reset()
    const { page, complaints } = await browser.open(dashboard.url)
    await page.waitForURL('**/start')
    await page.getByRole('button', { name: 'Send a first prompt' }).click()
    await page.locator('#step-1[data-s="done"]').waitFor()
    await page.getByText('Hello from your own machine.').waitFor()
    await page.getByRole('button', { name: 'Send the hostile sample' }).click()
    await page.locator('#step-2 .verdict[data-v="block"]').waitFor()
    await page.getByText('the model was not called').waitFor()
    await page.locator('#step-3[aria-current="step"]').waitFor()
    assert.deepEqual(complaints, [])
  })

  test('a reload replaces a panel without a page load, and leaves what was typed elsewhere', async () => {
    reset()
    dashboard.calls.push({ id: '01JDAAAA', verdict: 'allow', action: 'forwarded', sample: 'first', at: Date.now() })
    const { page, complaints } = await browser.open(`${dashboard.url}/overview`)
    await page.locator('#panel').waitFor()
    assert.equal(await page.locator('#panel').textContent(), 'first')
    await page.evaluate(() => Object.assign(window, { same: true }))
    await page.locator('.query input').fill('half typed')
    await page.evaluate(() => fetch('/api/v1/kernel/plugins/traffic/reload', { method: 'POST' }).then(() => undefined))
    await page.locator('#panel', { hasText: 'second' }).waitFor()
    assert.equal(await page.locator('.query input').inputValue(), 'half typed')
    assert.equal(await page.evaluate(() => 'same' in window), true)
    assert.deepEqual(complaints, [])
  })

  test('the Plugins page reloads a plugin and shows the ten steps', async () => {
    reset()
    const { page, complaints } = await browser.open(`${dashboard.url}/plugins`)
    await page.getByRole('link', { name: 'traffic', exact: true }).click()
    await page.getByRole('button', { name: 'Reload 1.0.0' }).click()
    await page.getByText('traffic 1.0.0 reloaded as generation 2').waitFor()
    await page.locator('.txn li').first().waitFor()
    assert.equal(await page.locator('.txn li').count(), 10)
    assert.equal(await page.locator('.txn [data-s="fail"]').count(), 0)
    await page.keyboard.press('Escape')
    await page.locator('.inspector').waitFor({ state: 'detached' })
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'traffic')
    assert.deepEqual(complaints, [])
  })

  test('a new module that throws leaves the old page in place and says so', async () => {
    reset()
    dashboard.nextUi = () => moduleSource('broken', 'throw new Error("not today")')
    const { page, complaints } = await browser.open(`${dashboard.url}/traffic`)
    await page.locator('#version', { hasText: 'first' }).waitFor()
    await page.evaluate(() => fetch('/api/v1/kernel/plugins/traffic/reload', { method: 'POST' }).then(() => undefined))
    await page.locator('.fault', { hasText: 'Update failed' }).waitFor()
    assert.equal(await page.locator('#version').textContent(), 'first')
    assert.match((await page.locator('.fault').textContent()) ?? '', /traffic.*not today/)
    assert.deepEqual(complaints, [])
  })

  test('a panel that throws while it draws takes nothing else down', async () => {
    reset()
    const broken = moduleSource('first').replace("'Sample' }, h(", "'Sample' }, undefined.nothing, h(")
    dashboard.plugins[0]!.ui = broken
    const { page } = await browser.open(`${dashboard.url}/overview`)
    await page.locator('.fault').waitFor()
    assert.match((await page.locator('.fault').textContent()) ?? '', /panel of traffic 1\.0\.0 failed/)
    await page.locator('.stat .value', { hasText: '12' }).waitFor()
  })

  test('a page without its permission says which right it needs', async () => {
    reset()
    dashboard.permissions = ['kernel.read']
    const { page, complaints } = await browser.open(`${dashboard.url}/traffic`)
    await page.getByText('You cannot see Traffic').waitFor()
    await page.getByText('traffic.read').waitFor()
    assert.deepEqual(complaints, [])
  })

  test('areas without a plugin name the plugin that fills them', async () => {
    reset()
    const { page, complaints } = await browser.open(`${dashboard.url}/inbox`)
    await page.getByText('Comes with the plugin alerts').waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('m')
    await page.getByText('Comes with the plugin trust-audit').waitFor()
    assert.equal(await page.title(), 'Trust map · ClawNex')
    assert.deepEqual(complaints, [])
  })

  test('an ended session takes everything off the page and tells the way back', async () => {
    reset()
    const { page } = await browser.open(`${dashboard.url}/plugins`)
    await page.getByRole('link', { name: 'traffic', exact: true }).waitFor()
    dashboard.endSession()
    await page.getByText('The session ended').waitFor()
    assert.equal(await page.locator('.table').count(), 0)
    await page.close()
    const { page: fresh, complaints } = await browser.open(dashboard.url)
    await fresh.getByText('./clawnex open').waitFor()
    assert.deepEqual(
      complaints.filter(text => !text.includes('401')),
      [],
    )
  })

  test('chips and text edit one query, the range beside it', async () => {
    reset()
    const { page, complaints } = await browser.open(
      `${dashboard.url}/traffic?q=${encodeURIComponent('verdict:block since:24h')}`,
    )
    await page.locator('.qchip', { hasText: 'verdict:block' }).waitFor()
    assert.equal(await page.locator('.qchip').count(), 1)
    await page.getByRole('button', { name: 'Last 24 h' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('model:demo')
    await page.keyboard.press('Enter')
    await page.locator('.qchip', { hasText: 'model:demo' }).waitFor()
    const q = (): string | null => new URL(page.url()).searchParams.get('q')
    assert.equal(q(), 'verdict:block since:24h model:demo')
    await page.keyboard.press('Backspace')
    assert.equal(await page.locator('.query input').inputValue(), 'model:demo')
    assert.equal(q(), 'verdict:block since:24h')
    await page.getByRole('button', { name: 'Remove verdict:block' }).click()
    assert.equal(q(), 'since:24h')
    assert.deepEqual(complaints, [])
  })

  test('commands are found by a word and run by a key', async () => {
    reset()
    const { page, complaints } = await browser.open(`${dashboard.url}/plugins`)
    await page.getByRole('link', { name: 'traffic', exact: true }).waitFor()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('sett')
    await page.getByRole('option', { name: /Settings/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/settings')
    assert.deepEqual(complaints, [])
  })

  test('keys walk the list, step through the inspector, and rest inside fields', async () => {
    reset()
    dashboard.plugins.push({ id: 'shield', version: '1.0.0', generation: 2, error: null, ui: null })
    const { page, complaints } = await browser.open(`${dashboard.url}/plugins`)
    await page.locator('tr[data-key="shield"]').waitFor()
    const focused = (): Promise<string | null> => page.evaluate(() => document.activeElement?.textContent ?? null)
    await page.keyboard.press('j')
    assert.equal(await focused(), 'traffic')
    await page.keyboard.press('j')
    assert.equal(await focused(), 'shield')
    await page.keyboard.press('j')
    assert.equal(await focused(), 'shield')
    await page.keyboard.press('k')
    await page.keyboard.press('Enter')
    await page.locator('.inspector[aria-label="Plugin traffic"]').waitFor()
    await page.keyboard.press(']')
    await page.locator('.inspector[aria-label="Plugin shield"]').waitFor()
    await page.getByRole('button', { name: 'Previous ([)' }).click()
    await page.locator('.inspector[aria-label="Plugin traffic"]').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('gt?')
    assert.equal(await page.locator('.query input').inputValue(), 'gt?')
    assert.equal(new URL(page.url()).pathname, '/plugins')
    assert.deepEqual(complaints, [])
  })

  test('one switch turns single keys off, and the theme is remembered', async () => {
    reset()
    const { page, complaints } = await browser.open(`${dashboard.url}/help`)
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    await page.keyboard.press('Shift+D')
    assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), 'dark')
    await page.reload()
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), 'dark')
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    await page.getByRole('dialog').getByRole('switch', { name: 'Single keys' }).click()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('g')
    await page.keyboard.press('t')
    await page.keyboard.press('Shift+D')
    assert.equal(new URL(page.url()).pathname, '/help')
    assert.equal(await page.evaluate(() => document.documentElement.dataset['theme']), 'dark')
    assert.equal(await page.locator('.query kbd').isVisible(), false)
    await page.evaluate(() => localStorage.clear())
    assert.deepEqual(complaints, [])
  })

  const SOUND = [
    '/start?open=add-provider',
    '/overview',
    '/traffic',
    '/plugins?open=traffic',
    '/settings?section=browser',
    '/settings?section=system',
    '/help',
    '/inbox',
    '/more',
  ]

  for (const width of [1440, 390]) {
    test(`axe finds nothing in three themes at ${width} px`, async () => {
      reset()
      dashboard.calls.push({ id: '01JDAAAA', verdict: 'block', action: 'refused', sample: 'hostile', at: Date.now() })
      dashboard.calls.push({ id: '01JDBBBB', verdict: 'allow', action: 'forwarded', sample: 'first', at: Date.now() })
      const { page, complaints } = await browser.open(`${dashboard.url}/help`, { width, height: 900 })
      for (const path of SOUND) {
        await page.goto(dashboard.url + path)
        await page.locator('h1').first().waitFor()
        await page.locator('.statusline a', { hasText: 'plugins' }).waitFor({ state: 'attached' })
        assert.deepEqual(await findViolationsByTheme(page), [], path)
      }
      await page.keyboard.press('Control+k')
      await page.locator('.palette .opt').first().waitFor()
      assert.deepEqual(await findViolationsByTheme(page), [], 'commands')
      await page.keyboard.press('Escape')
      await page.locator('.palette').waitFor({ state: 'detached' })
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
      assert.deepEqual(await findViolationsByTheme(page), [], 'keys')
      assert.deepEqual(complaints, [])
    })
  }

  test('no page scrolls sideways at 320 px', async () => {
    reset()
    dashboard.calls.push({ id: '01JDAAAA', verdict: 'block', action: 'refused', sample: 'hostile', at: Date.now() })
    dashboard.calls.push({ id: '01JDBBBB', verdict: 'allow', action: 'forwarded', sample: 'first', at: Date.now() })
    const { page } = await browser.open(`${dashboard.url}/help`, { width: 320, height: 700 })
    for (const path of [
      '/start',
      '/overview',
      '/plugins',
      '/plugins?open=traffic',
      '/settings?section=system',
      '/settings?section=browser',
      '/help',
      '/more',
      '/inbox',
    ]) {
      await page.goto(dashboard.url + path)
      await page.locator('h1').first().waitFor()
      assert.equal(await sidewaysScroll(page), 0, path)
    }
  })
})
