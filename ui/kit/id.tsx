import { shortId } from '../sdk/format.ts'
import { toast } from '../sdk/toast.ts'
import { Icon } from './icon.tsx'

/** Writes to the clipboard and says so. Outside secure contexts there is none; then the value is shown to copy by hand. */
export async function copy(value: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value)
    toast(`${what} copied`)
  } catch {
    toast(`Copying is off in this browser: ${value}`)
  }
}

/** An id in data type, middle cut out, copied by a click. */
export function Id({ value, what = 'Id' }: { value: string; what?: string }) {
  return (
    <button class="id" type="button" title={`Copy ${value}`} onClick={() => void copy(value, what)}>
      {shortId(value)}
      <Icon name="copy" small />
    </button>
  )
}

/** A command or snippet with its copy button. */
export function Snippet({ text, label }: { text: string; label: string }) {
  return (
    <div class="code cmd snippet">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines scroll inside, so the keyboard must reach them. */}
      <section class="snippet-body" tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      <button
        class="btn"
        data-kind="quiet"
        data-icon=""
        type="button"
        aria-label={`Copy ${label}`}
        onClick={() => void copy(text, label)}
      >
        <Icon name="copy" small />
      </button>
    </div>
  )
}
