import {
  type ApiProblem,
  api,
  Button,
  type Column,
  can,
  Failed,
  ProblemLine,
  problemOf,
  Table,
  Tag,
  Time,
  toast,
  useResource,
  when,
} from 'clawnex/ui'
import { useState } from 'preact/hooks'
import type { Session } from './types.ts'

function columns(onEnd: (session: Session) => Promise<void>): readonly Column<Session>[] {
  return [
    {
      key: 'id',
      label: 'Session',
      place: 'main',
      mono: true,
      cell: session => (
        <>
          {session.id} {session.current && <Tag>this browser</Tag>}
        </>
      ),
    },
    { key: 'opened', label: 'Opened', width: 'col-4', cell: session => <Time at={session.createdAt} /> },
    { key: 'seen', label: 'Used', width: 'col-4', cell: session => <Time at={session.seenAt} /> },
    {
      key: 'ends',
      label: 'Ends',
      width: 'col-3',
      num: true,
      quiet: true,
      place: 'end',
      cell: session => when(session.endsAt),
    },
    {
      key: 'act',
      label: 'Action',
      width: 'col-3',
      num: true,
      cell: session =>
        !session.current &&
        can('rbac.sessions') && (
          <Button kind="quiet" aria-label={`End session ${session.id}`} onClick={() => onEnd(session)}>
            End
          </Button>
        ),
    },
  ]
}

/** Browsers that are signed in, and the way out. */
export function SessionsSection() {
  const sessions = useResource<{ items: readonly Session[] }>('rbac/sessions', { every: 30_000 })
  const [problem, setProblem] = useState<ApiProblem | null>(null)

  async function attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act()
      setProblem(null)
    } catch (error) {
      setProblem(problemOf(error))
    }
  }

  const end = (session: Session) =>
    attempt(async () => {
      await api.del(`rbac/sessions/${session.id}`)
      toast('Session ended')
      await sessions.reload()
    })

  const leave = () =>
    attempt(async () => {
      await api.post('rbac/logout')
      location.assign('/')
    })

  if (sessions.data === undefined && sessions.error !== null) {
    return <Failed problem={sessions.error} what="sessions" retry={sessions.reload} />
  }
  return (
    <>
      <header class="gen-head">
        <h2>Sessions</h2>
        <p class="quiet small">12 h without use, 7 d at most. The next link comes from "clawnex open".</p>
        <span class="end">
          <Button icon="power" onClick={leave}>
            Sign out here
          </Button>
        </span>
      </header>
      <Table
        caption="Open sessions"
        columns={columns(end)}
        rows={sessions.data?.items}
        loading={sessions.loading}
        rowKey={session => session.id}
        fixedHead
        empty={<p class="pad quiet">No browser is signed in; you use a key.</p>}
      />
      {problem !== null && (
        <div class="pad">
          <ProblemLine problem={problem} />
        </div>
      )}
    </>
  )
}
