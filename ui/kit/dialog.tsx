import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'

export interface DialogProps {
  title: string
  /** Room for lists. */
  wide?: boolean
  onClose(): void
  /** Buttons, the way out first. */
  foot: ComponentChildren
  children?: ComponentChildren
}

/** A native modal dialog, only for what cannot be undone or needs a reason. Rendered means open. */
export function Dialog({ title, wide, onClose, foot, children }: DialogProps) {
  const id = useId()
  const element = useRef<HTMLDialogElement>(null)
  // Before the browser paints, so that the next key already lands inside.
  useLayoutEffect(() => {
    const before = document.activeElement
    element.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog class="dialog" data-wide={wide ? '' : undefined} ref={element} aria-labelledby={id} onClose={onClose}>
      <header>
        <h2 id={id}>{title}</h2>
      </header>
      <div class="body">{children}</div>
      <footer>{foot}</footer>
    </dialog>
  )
}
