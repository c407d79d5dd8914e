import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStart, planeArguments } from '../../../kernel/cli/launch/arguments.mjs'
import { callerFolder } from '../../../kernel/cli/launch/caller.mjs'

const where = { env: {}, root: '/opt/product', cwd: '/home/someone' }
const parse = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
  const options = parseStart(argv, { ...where, env })
  assert.ok(options !== 'help')
  return options
}

test('without flags: the fixed ports, data beside the product, RBAC off, browser opened', () => {
  assert.deepEqual(parse([]), {
    data: '/opt/product/data',
    dashboardPort: 5001,
    modelPort: 4001,
    litellm: 'auto',
    rbac: 'off',
    upstreams: [],
    open: true,
    json: false,
    watch: undefined,
  })
})

test('every flag is read; a relative data folder starts where the user stands', () => {
  const options = parse([
    ...[
      '--data',
      'x',
      '--dashboard-port',
      '0',
      '--model-port=7',
      '--litellm',
      'off',
      '--rbac',
      'on',
      '--no-open',
      '--json',
    ],
    ...['--upstream', 'bar=http://127.0.0.1:9/v1', '--upstream', 'claude=https://example.test,anthropic', '--no-watch'],
  ])
  assert.deepEqual(options, {
    data: '/home/someone/x',
    dashboardPort: 0,
    modelPort: 7,
    litellm: 'off',
    rbac: 'on',
    upstreams: ['bar=http://127.0.0.1:9/v1', 'claude=https://example.test,anthropic'],
    open: false,
    json: true,
    watch: false,
  })
})

test('CLAWNEX_RBAC decides unless the flag does', () => {
  assert.equal(parse([], { CLAWNEX_RBAC: 'on' }).rbac, 'on')
  assert.equal(parse(['--rbac', 'off'], { CLAWNEX_RBAC: 'on' }).rbac, 'off')
  assert.throws(() => parse([], { CLAWNEX_RBAC: 'yes' }), { code: 'RUN_USAGE', message: /CLAWNEX_RBAC/ })
})

for (const argv of [
  ['--dashbord-port', '1'],
  ['extra'],
  ['--dashboard-port', '65536'],
  ['--model-port', '-1'],
  ['--model-port', ''],
  ['--rbac', 'maybe'],
  ['--litellm', 'on'],
  ['--upstream', 'http://127.0.0.1:9'],
  ['--upstream', 'Bar=http://127.0.0.1:9'],
  ['--upstream', 'bar=ftp://127.0.0.1'],
  ['--upstream', 'bar=http://127.0.0.1:9,cohere'],
  ['--upstream', 'bar=http://:9'],
  ['--data'],
]) {
  test(`refused as usage: ${argv.join(' ')}`, () => {
    assert.throws(() => parse(argv), { code: 'RUN_USAGE' })
  })
}

test('a plane gets the options as flags, and none of them is a secret', () => {
  const options = { ...parse(['--upstream', 'bar=http://127.0.0.1:9', '--rbac', 'on']), watch: true }
  assert.deepEqual(planeArguments('gateway', options), [
    ...['--role', 'gateway', '--data', '/opt/product/data', '--dashboard-port', '5001', '--model-port', '4001'],
    ...['--rbac', 'on', '--litellm', 'auto', '--upstream', 'bar=http://127.0.0.1:9', '--watch'],
  ])
})

test("the caller's folder comes from our own npm run only", () => {
  const env = { INIT_CWD: '/home/someone/sub', npm_package_json: '/opt/product/package.json' }
  assert.equal(callerFolder('/opt/product', env, '/opt/product'), '/home/someone/sub')
  assert.equal(callerFolder('/opt/product', { ...env, npm_package_json: '/else/package.json' }, '/here'), '/here')
  assert.equal(callerFolder('/opt/product', {}, '/here'), '/here')
})

test('what cannot be meant is refused before anything starts', () => {
  const refused = [
    ['--data', ''],
    ['--dashboard-port', '5001', '--model-port', '5001'],
    ['--upstream', 'a=http://127.0.0.1:1/v1', '--upstream', 'a=http://127.0.0.1:2/v1'],
    ['--upstream', 'clawnex=http://127.0.0.1:1/v1'],
  ]
  for (const argv of refused) assert.throws(() => parse(argv), { code: 'RUN_USAGE' }, argv.join(' '))
  assert.equal(parse(['--dashboard-port', '0', '--model-port', '0']).modelPort, 0)
})
