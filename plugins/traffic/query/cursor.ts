import { ApiError } from 'clawnex/contract'

/** Where a page ended: the next one holds what lies before this call in time. */
export interface Cursor {
  readonly at: number
  readonly id: string
}

export function writeCursor({ at, id }: Cursor): string {
  return Buffer.from(`${at}.${id}`).toString('base64url')
}

/** Throws API_INVALID with pointer `/after` for anything that `writeCursor` did not write. */
export function readCursor(text: string): Cursor {
  const match = /^(\d{1,16})\.(.{0,100})$/s.exec(Buffer.from(text, 'base64url').toString('utf8'))
  if (match === null) {
    const message = 'This is not a cursor of this list.'
    throw new ApiError('API_INVALID', { detail: message, errors: [{ pointer: '/after', message }] })
  }
  return { at: Number(match[1]), id: match[2] as string }
}
