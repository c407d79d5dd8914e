import { Button, Dialog, prefs, Switch, shell } from 'clawnex/ui'
import { GLOBAL_KEYS } from './key-list.ts'
import { isKeysOpen } from './palette-state.ts'

const close = (): void => {
  isKeysOpen.value = false
}

/** Keys of this page, behind `?`. */
export function KeysDialog() {
  if (!isKeysOpen.value) return null
  return (
    <Dialog title="Keys" wide onClose={close} foot={<Button onClick={close}>Close</Button>}>
      <KeysList />
    </Dialog>
  )
}

/** What the keys do, those of the page first, and the switch for all of them. */
export function KeysList() {
  const own = shell.pageKeys.value.map(({ key, label }) => ({ keys: [key], label }))
  return (
    <>
      <ul class="help-grid">
        {[...own, ...GLOBAL_KEYS].map(({ keys, label }) => (
          <li key={label}>
            <span class="keys">
              {keys.map(key => (
                <kbd key={key}>{key}</kbd>
              ))}
            </span>
            <span>{label}</span>
          </li>
        ))}
      </ul>
      <p class="row">
        <Switch
          aria-label="Single keys"
          checked={prefs.keys.value === 'on'}
          onChange={checked => {
            prefs.keys.value = checked ? 'on' : 'off'
          }}
        />
        <span>Single keys. None fires inside a field; commands stay on Ctrl K.</span>
      </p>
    </>
  )
}
