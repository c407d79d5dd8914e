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
  const gone = useRef(false)
  // Before the browser paints, so that the next key already lands inside.
  useLayoutEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    // Closing hands the focus back to where it was; a modal dialog that is only taken out of the page drops it.
    return () => {
      gone.current = true
      dialog?.close()
    }
  }, [])
  return (
    <dialog
      class="dialog"
      data-wide={wide ? '' : undefined}
      ref={element}
      aria-labelledby={id}
      onClose={() => gone.current || onClose()}
    >
      <header>
        <h2 id={id}>{title}</h2>
      </header>
      <div class="body">{children}</div>
      <footer>{foot}</footer>
    </dialog>
  )
}
