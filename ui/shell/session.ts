import { api, type Me, problemOf, shell } from 'clawnex/ui'

/** Body of `GET /api/v1/kernel/me`. */
interface MeBody {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly permissions: '*' | readonly string[]
}

/** Asks who we are. True when there is a session; no answer at all leaves everything as it is. */
export async function readSession(): Promise<boolean> {
  try {
    const { id, name, kind, permissions } = await api.get<MeBody>('kernel/me')
    const me: Me = { id, name, kind, permissions }
    shell.sessionOpened(me)
    return true
  } catch (error) {
    return problemOf(error).status === 0
  }
}
