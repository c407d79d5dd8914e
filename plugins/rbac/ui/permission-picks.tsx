import { can, Failed, Icon, Skeleton, useResource } from 'clawnex/ui'
import type { Grantable } from './types.ts'

const EVERYTHING: Grantable = { name: '*', title: 'Everything there is, now and later', mayGrant: true }

export interface PermissionPicksProps {
  /** Names, or `*` alone. */
  readonly value: readonly string[]
  readonly error: string | undefined
  onChange(value: readonly string[]): void
}

/** The permissions the caller may hand on, each in words. */
export function PermissionPicks({ value, error, onChange }: PermissionPicksProps) {
  const all = useResource<{ items: readonly Grantable[] }>('rbac/permissions')
  if (all.data === undefined) {
    return all.error === null ? (
      <Skeleton columns={1} />
    ) : (
      <Failed problem={all.error} what="permissions" retry={all.reload} />
    )
  }
  const own = all.data.items.filter(({ mayGrant }) => mayGrant)
  const everything = value.includes('*')
  const toggle = (name: string, checked: boolean): void => {
    if (name === '*') onChange(checked ? ['*'] : [])
    else onChange(checked ? [...value, name] : value.filter(other => other !== name))
  }
  return (
    <div class="field">
      <fieldset class="picks">
        <legend>Permissions</legend>
        {(can('*') ? [EVERYTHING, ...own] : own).map(({ name, title }) => (
          <label key={name}>
            <input
              class="check"
              type="checkbox"
              checked={everything || value.includes(name)}
              disabled={everything && name !== '*'}
              onChange={event => toggle(name, event.currentTarget.checked)}
            />
            <span>
              <span class="strong">{title}</span>
              <span class="sub mono">{name}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {error && (
        <p class="error" role="alert">
          <Icon name="critical" />
          {error}
        </p>
      )}
    </div>
  )
}
