import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../fixtures/paths.ts'

/**
 * An installation whose planes and commands are scripted: the real launcher, package files and packages, none of the kernel.
 * Its folder stands in for a clone.
 */
export function makeRoot(folder: string): string {
  const root = join(folder, 'clone')
  mkdirSync(join(root, 'kernel/cli'), { recursive: true })
  for (const path of [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'clawnex',
    'kernel/cli/launch',
    'kernel/cli/launcher.mjs',
    'kernel/cli/exit-codes.json',
  ]) {
    cpSync(join(ROOT, path), join(root, path), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  cpSync(join(ROOT, 'spec/fixtures/planes/fake-plane.mjs'), join(root, 'kernel/main.ts'))
  writeFileSync(
    join(root, 'kernel/cli/main.ts'),
    "process.stdout.write(['args', ...process.argv.slice(2)].join(' ') + '\\n')\nprocess.exitCode = 4\n",
  )
  return root
}
