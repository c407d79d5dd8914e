import { Button, type Column, can, Empty, Failed, State, Table, Time, useCarry, useResource } from 'clawnex/ui'
import { useState } from 'preact/hooks'
import { MadeDialog, RevokeDialog } from './dialogs.tsx'
import { endText, keyState, rightsText } from './key-words.ts'
import { NewKeyForm } from './new-key-form.tsx'
import type { Key, Made } from './types.ts'

function columns(onRevoke: (key: Key) => void): readonly Column<Key>[] {
  return [
    { key: 'name', label: 'Key', place: 'main', cell: key => <span class="title">{key.name}</span> },
    {
      key: 'last4',
      label: 'Ends with',
      width: 'col-3',
      mono: true,
      quiet: true,
      optional: true,
      cell: key => `…${key.last4}`,
    },
    { key: 'use', label: 'Use', width: 'col-3', cell: key => (key.kind === 'model' ? 'model path' : 'API') },
    { key: 'may', label: 'May', short: 'may', cell: rightsText },
    {
      key: 'used',
      label: 'Used',
      width: 'col-3',
      num: true,
      quiet: true,
      short: 'used',
      cell: key => (key.lastUsedAt === null ? 'never' : <Time at={key.lastUsedAt} />),
    },
    { key: 'ends', label: 'Ends', width: 'col-4', num: true, quiet: true, place: 'end', cell: endText },
    {
      key: 'act',
      label: 'Action',
      width: 'col-3',
      num: true,
      cell: key =>
        keyState(key) !== 'active' ? (
          <State icon="x">{keyState(key)}</State>
        ) : (
          can('rbac.keys') && (
            <Button kind="quiet" onClick={() => onRevoke(key)} aria-label={`Revoke ${key.name}`}>
              Revoke
            </Button>
          )
        ),
    },
  ]
}

/** Keys for agents and scripts: made here, shown once, revoked here. */
export function KeysSection() {
  const keys = useResource<{ items: readonly Key[] }>('rbac/keys', { every: 30_000 })
  const [making, setMaking] = useCarry('rbac/making-key', false)
  const [made, setMade] = useState<Made | null>(null)
  const [revoking, setRevoking] = useState<Key | null>(null)
  if (keys.data === undefined && keys.error !== null) {
    return <Failed problem={keys.error} what="keys" retry={keys.reload} />
  }
  return (
    <>
      <header class="gen-head">
        <h2>API keys</h2>
        <p class="quiet small">Agents hold ClawNex keys, never a provider's.</p>
        {can('rbac.keys') && !making && (
          <span class="end">
            <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>
              New key
            </Button>
          </span>
        )}
      </header>
      {making && (
        <NewKeyForm
          onCancel={() => setMaking(false)}
          onMade={result => {
            setMaking(false)
            setMade(result)
            void keys.reload()
          }}
        />
      )}
      <Table
        caption="API keys"
        columns={columns(setRevoking)}
        rows={keys.data?.items}
        loading={keys.loading}
        rowKey={key => key.id}
        isDim={key => keyState(key) !== 'active'}
        fixedHead
        empty={
          <Empty kind="none" icon="lock" title="No keys">
            Nobody but you can call the API or the model path.
          </Empty>
        }
      />
      {made !== null && <MadeDialog made={made} onClose={() => setMade(null)} />}
      {revoking !== null && (
        <RevokeDialog
          target={revoking}
          onClose={revoked => {
            setRevoking(null)
            if (revoked) void keys.reload()
          }}
        />
      )}
    </>
  )
}
