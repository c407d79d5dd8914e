import { createRequire } from 'node:module'
import * as contract from '../contract/index.ts'

/** Where bundles find the host's modules at run time. Shared by name, so every bundle of every generation sees the same ones. */
const BRIDGE = 'clawnex.bridge'

const require = createRequire(import.meta.url)

/**
 * Packages a plugin may import. `esm` tells how the package exports, which decides the form of the stand-in that esbuild gets.
 * `types` may be imported as types only: those imports are erased, so any that reaches the bundler is an error.
 */
const PACKAGES = {
  typebox: 'esm',
  'typebox/value': 'esm',
  'typebox/compile': 'esm',
  croner: 'cjs',
  ajv: 'cjs',
  'ajv-formats': 'cjs',
  semver: 'cjs',
  undici: 'cjs',
} as const

const ESM: ReadonlySet<string> = new Set(
  Object.entries(PACKAGES).flatMap(([name, kind]) => (kind === 'esm' ? name : [])),
)
const CONTRACT = 'clawnex/contract'
export const SERVER_PACKAGES: ReadonlySet<string> = new Set([CONTRACT, ...Object.keys(PACKAGES)])

/** Puts the bridge on `globalThis`. Each package loads when the first bundle asks for it, so an unused one costs nothing. */
export function installBridge(): void {
  const bridge = Object.create(null) as Record<string, unknown>
  for (const name of SERVER_PACKAGES) {
    Object.defineProperty(bridge, name, { enumerable: true, get: () => hostModule(name) })
  }
  Object.defineProperty(globalThis, Symbol.for(BRIDGE), { value: Object.freeze(bridge), configurable: true })
}

function hostModule(name: string): unknown {
  return name === CONTRACT ? contract : require(name)
}

/**
 * Source of the module that stands in for a package inside a bundle. Packages that are ES modules get their names spelled
 * out, because the CommonJS form would lose their default export.
 */
export function bridgeSource(name: string): string {
  const from = `globalThis[Symbol.for(${JSON.stringify(BRIDGE)})][${JSON.stringify(name)}]`
  if (name !== CONTRACT && !ESM.has(name)) return `module.exports = ${from}`
  const names = Object.keys(hostModule(name) as object).filter(
    key => key !== 'default' && /^[A-Za-z_$][\w$]*$/.test(key),
  )
  const list = names.map((key, index) => `const _${index} = /* @__PURE__ */ (() => m[${JSON.stringify(key)}])()`)
  return [
    `const m = ${from}`,
    ...list,
    `export { ${names.map((key, index) => `_${index} as ${key}`).join(', ')} }`,
    'export default "default" in m ? m.default : m',
  ].join('\n')
}
