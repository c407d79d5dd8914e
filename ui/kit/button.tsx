import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { Icon, type IconName } from './icon.tsx'

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'icon' | 'label'> {
  /** One primary per view. */
  kind?: 'primary' | 'danger' | 'quiet'
  icon?: IconName
  /** Makes it an icon alone; the label is what screen readers say. */
  label?: string
  /** Key printed inside. */
  hint?: string
  /** Dimmed and inert while work runs. A promise returned by `onClick` does the same by itself. */
  busy?: boolean
  children?: ComponentChildren
}

/** Verb first: "Wire scout", never "OK". A click that returns a promise holds the button until it settles. */
export function Button({ kind, icon, label, hint, busy, children, onClick, disabled, type, ...rest }: ButtonProps) {
  const [working, setWorking] = useState(false)
  const held = busy || working
  const click: ButtonProps['onClick'] = event => {
    if (held) return
    const result: unknown = onClick?.call(event.currentTarget as never, event)
    if (!(result instanceof Promise)) return
    setWorking(true)
    void result.finally(() => setWorking(false))
  }
  const alone = label !== undefined && children === undefined
  return (
    <button
      class="btn"
      {...rest}
      type={type ?? 'button'}
      data-kind={kind}
      data-icon={alone ? '' : undefined}
      aria-label={label}
      aria-busy={held ? 'true' : undefined}
      disabled={disabled}
      onClick={click}
    >
      {icon && <Icon name={icon} small />}
      {children}
      {hint && <kbd>{hint}</kbd>}
    </button>
  )
}
