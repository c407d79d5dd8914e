import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hashOf, type InstallOptions, install, type Progress } from '../../../../kernel/gateway/litellm/install.ts'
import { ROOT, temporaryFolder } from '../../../fixtures/paths.ts'

const LOCKS = join(ROOT, 'plugins/providers/litellm/locks')
const MINORS = ['3.10', '3.11', '3.12', '3.13']
const isSupported = process.platform !== 'win32'

test('every supported Python has its own lock: one version of LiteLLM, all packages hashed, no address', () => {
  assert.deepEqual(
    readdirSync(LOCKS)
      .filter(name => name.endsWith('.txt'))
      .sort(),
    MINORS.map(minor => `python-${minor}.txt`).sort(),
  )
  for (const minor of MINORS) {
    const text = readFileSync(join(LOCKS, `python-${minor}.txt`), 'utf8')
    assert.match(text, /^litellm==1\.106\.2 /m)
    assert.match(text, /^prisma==/m)
    assert.equal(/:\/\//.test(text), false)
    for (const entry of text.split(/\n(?=\S)/).filter(part => !part.startsWith('#'))) {
      assert.match(
        entry,
        /^[\w.-]+(\[[\w,-]+\])?==\S+( ; [^\\]+)? \\\n {4}--hash=sha256:[0-9a-f]{64}/,
        entry.slice(0, 80),
      )
    }
  }
})

interface Machine {
  readonly options: InstallOptions
  readonly folder: string
  readonly told: Progress[]
  /** Command lines of the stand-ins, in order, with what matters of their environment. */
  calls(): string[]
  python(name: string, minor: string, options?: { venv?: boolean; fails?: boolean }): void
  uv(): void
}

/** A machine with stand-ins for Python and uv on its PATH: they do what the real ones do to folders, and log it. */
function machine(t: TestContext, env: Record<string, string> = {}): Machine {
  const root = temporaryFolder(t)
  const bin = join(root, 'bin')
  const log = join(root, 'calls.log')
  const locksDir = join(root, 'locks')
  const told: Progress[] = []
  for (const folder of [bin, locksDir]) mkdirSync(folder)
  for (const minor of MINORS) writeFileSync(join(locksDir, `python-${minor}.txt`), LOCK)
  const put = (name: string, text: string): void => {
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\necho "$0 $* [$PYTHONDONTWRITEBYTECODE$OPENAI_API_KEY$PIP_INDEX_URL]" >> ${log}\n${text}`,
    )
    chmodSync(join(bin, name), 0o755)
  }
  return {
    folder: join(root, 'litellm'),
    told,
    options: {
      locksDir,
      folder: join(root, 'litellm'),
      env: { PATH: `${bin}:/usr/bin:/bin`, PYTHONDONTWRITEBYTECODE: '1', OPENAI_API_KEY: 'k', ...env },
      signal: new AbortController().signal,
      onProgress: progress => void told.push(progress),
    },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    python: (name, minor, { venv = true, fails = false } = {}) =>
      put(
        name,
        `case "$*" in
  *find_spec*) ${fails ? 'exit 1' : `echo ${minor} ${venv ? 'True' : 'False'}`} ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip install"*) echo "Collecting alpha==1"; echo "  Downloading alpha-1.whl (2.0 MB)"; echo "Collecting beta==2"; exit \${PIP_EXIT:-0} ;;
esac`,
      ),
    uv: () =>
      put(
        'uv',
        `case "$1" in
  venv) mkdir -p "$4/bin" && printf '#!/bin/sh\\nexit 0\\n' > "$4/bin/python" && chmod +x "$4/bin/python" ;;
esac`,
      ),
  }
}

const LOCK = `alpha==1 \\\n    --hash=sha256:${'a'.repeat(64)}\nlitellm==9.9.9 \\\n    --hash=sha256:${'b'.repeat(64)}\n`
/** Only stand-ins of minors that no machine has under these names would be sure to be found first. */
const FIRST = 'python3.13'

test('venv and pip install the lock of the Python that was found, with hashes required', {
  skip: !isSupported,
}, async t => {
  const { options, python, calls, told, folder } = machine(t, { PIP_INDEX_URL: 'mirror' })
  python(FIRST, '3.12')
  const { command, version } = await install(options)
  assert.equal(version, '9.9.9')
  const venv = join(folder, `venv-${hashOf(LOCK, '3.12')}`)
  assert.equal(command[0], join(venv, 'bin/python'))
  const pip = calls().find(line => line.includes('-m pip install')) ?? ''
  assert.match(pip, /--require-hashes -r \S+python-3\.12\.txt/)
  assert.match(pip, /\[mirror\]$/, 'the package index passes; keys and PYTHONDONTWRITEBYTECODE do not')
  assert.deepEqual(told.at(-1), { packages: 2, total: 2, megabytes: 2 })
  const before = calls().length
  await install(options)
  assert.deepEqual(
    calls()
      .slice(before)
      .filter(line => !line.includes('find_spec')),
    [],
    'nothing is installed twice',
  )
})

test('uv is used when it is there, and compiles', { skip: !isSupported }, async t => {
  const { options, python, uv, calls } = machine(t)
  python(FIRST, '3.11', { venv: false })
  uv()
  await install(options)
  const [made, installed] = calls().filter(line => line.includes('/uv '))
  assert.match(made ?? '', /uv venv --python \S+python3\.13/)
  assert.match(installed ?? '', /--compile-bytecode --require-hashes -r \S+python-3\.11\.txt \[\]$/)
})

test('an environment that was not finished is never used, and made anew', { skip: !isSupported }, async t => {
  const { options, python, folder } = machine(t, { PIP_EXIT: '1' })
  const venv = join(folder, `venv-${hashOf(LOCK, '3.12')}`)
  mkdirSync(join(venv, 'bin'), { recursive: true })
  writeFileSync(join(venv, 'bin/python'), '')
  writeFileSync(join(venv, 'half'), '')
  python(FIRST, '3.12')
  // The stand-in reads PIP_EXIT as pip reads its own variables: they pass.
  await assert.rejects(install(options), /ended with 1/)
  assert.equal(existsSync(join(venv, 'half')), false)
  const { PIP_EXIT: _, ...env } = options.env
  const { command } = await install({ ...options, env })
  assert.equal(command[0], join(venv, 'bin/python'))
})

test('what is missing is named, with the package that brings it', { skip: !isSupported }, async t => {
  const none = machine(t)
  const nothing = { ...none.options, env: { PATH: join(none.folder, 'empty') } }
  await assert.rejects(install(nothing), { code: 'RUN_LITELLM', detail: /3\.10 to 3\.13.*"python3"/ })

  const old = machine(t)
  old.python('python3', '3.9')
  const only = (path: string | undefined) => ({ PATH: path?.split(':')[0] ?? '' })
  await assert.rejects(install({ ...old.options, env: only(old.options.env['PATH']) }), { code: 'RUN_LITELLM' })

  const bare = machine(t)
  bare.python('python3.13', '3.13', { fails: true })
  bare.python('python3.12', '3.12', { venv: false })
  await assert.rejects(install({ ...bare.options, env: only(bare.options.env['PATH']) }), {
    code: 'RUN_LITELLM',
    detail: /"python3\.12-venv"/,
  })
  assert.equal(existsSync(bare.folder), false)
})
