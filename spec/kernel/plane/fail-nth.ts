import type { FileCalls } from '../../../kernel/plane/file-calls.ts'

const ERRNO: Readonly<Record<string, string>> = { EIO: 'i/o error', ENOSPC: 'no space left on device' }

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: ${ERRNO[code]}`), { code })
}

/** Lets the n-th call of a kind, and `times - 1` after it, fail. A failing write puts half of its bytes on disk first. */
export function failNth(files: FileCalls, kind: keyof FileCalls, n: number, code: string, times = 1): FileCalls {
  let calls = 0
  const fails = (name: keyof FileCalls): boolean => {
    if (name !== kind) return false
    calls += 1
    return calls >= n && calls < n + times
  }
  return {
    open: (path, flags) => {
      if (fails('open')) throw failure(code)
      return files.open(path, flags)
    },
    write: (fd, bytes) => {
      if (!fails('write')) return files.write(fd, bytes)
      files.write(fd, bytes.subarray(0, bytes.length >> 1))
      throw failure(code)
    },
    fsync: fd => {
      if (fails('fsync')) throw failure(code)
      files.fsync(fd)
    },
    fsyncLater: (fd, done) => {
      if (fails('fsyncLater')) setImmediate(() => done(failure(code)))
      else files.fsyncLater(fd, done)
    },
    rename: (from, to) => {
      if (fails('rename')) throw failure(code)
      files.rename(from, to)
    },
  }
}
