import * as fs from 'node:fs'

/** The calls that make data durable, in one place so that specs can make each of them fail. */
export interface FileCalls {
  open(path: string, flags: string): number
  write(fd: number, bytes: Buffer): number
  fsync(fd: number): void
  fsyncLater(fd: number, done: (error: Error | null) => void): void
  rename(from: string, to: string): void
}

export const FILE_CALLS: FileCalls = {
  open: (path, flags) => fs.openSync(path, flags, 0o600),
  write: (fd, bytes) => fs.writeSync(fd, bytes),
  fsync: fd => fs.fsyncSync(fd),
  fsyncLater: (fd, done) => fs.fsync(fd, done),
  rename: (from, to) => fs.renameSync(from, to),
}

/** Writes all of it: one call may write less, for example when the disk fills up. */
export function writeAll(files: FileCalls, fd: number, bytes: Buffer): void {
  for (let rest = bytes; rest.length > 0; ) {
    const written = files.write(fd, rest)
    if (written <= 0) throw Object.assign(new Error('nothing more could be written'), { code: 'ENOSPC' })
    rest = rest.subarray(written)
  }
}

/** Replaces a file so that at every moment its name shows the old or the new content, and the new one durably on return. */
export function replaceFile(files: FileCalls, path: string, folder: string, bytes: Buffer): void {
  const aside = `${path}.new`
  const fd = files.open(aside, 'w')
  try {
    writeAll(files, fd, bytes)
    files.fsync(fd)
  } finally {
    fs.closeSync(fd)
  }
  files.rename(aside, path)
  syncFolder(files, folder)
}

/** Makes created and renamed entries of a folder durable. */
export function syncFolder(files: FileCalls, folder: string): void {
  const fd = files.open(folder, 'r')
  try {
    files.fsync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
