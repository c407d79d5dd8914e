// @ts-check
/** How specs and benches are bundled: as the product is, with the kernel's own names resolved to its sources. */
import { join } from 'node:path'
import * as esbuild from 'esbuild'

/** @param {string} root @param {{ in: string, out: string }[]} entryPoints @param {string} outdir */
export async function bundle(root, entryPoints, outdir) {
  await esbuild.build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: false,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    packages: 'external',
    alias: {
      'clawnex/contract': join(root, 'kernel/contract/index.ts'),
      'clawnex/testing': join(root, 'kernel/testing/index.ts'),
      'clawnex/ui': join(root, 'ui/sdk/index.ts'),
    },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    sourcemap: 'inline',
    logLevel: 'error',
  })
  await esbuild.stop()
}
