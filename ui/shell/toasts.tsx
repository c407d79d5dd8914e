import { Button, shell } from 'clawnex/ui'

/** What just happened, one at a time, with its way back. */
export function Toasts() {
  const current = shell.currentToast.value
  return (
    <div class="toasts" role="status">
      {current && (
        <div class="toast" key={current.id}>
          <span>{current.text}</span>
          {current.undo && (
            <Button kind="quiet" hint="u" onClick={undoToast}>
              Undo
            </Button>
          )}
          <Button kind="quiet" icon="x" label="Dismiss" onClick={shell.dismissToast} />
        </div>
      )}
    </div>
  )
}

export function undoToast(): void {
  const undo = shell.currentToast.peek()?.undo
  shell.dismissToast()
  void undo?.()
}
