import { FormRow, prefs, Seg, Select, Switch } from 'clawnex/ui'

/** What only this browser remembers. Applies at once. */
export function BrowserSection() {
  return (
    <>
      <header class="gen-head">
        <h2>This browser</h2>
        <p class="quiet small">Kept in this browser alone. Applies at once.</p>
      </header>
      <form class="gen" aria-label="This browser" onSubmit={event => event.preventDefault()}>
        <FormRow label="Theme" help="System follows the machine; dark when it has no preference.">
          {ids => (
            <Select
              {...ids}
              value={prefs.theme.value}
              options={[
                { value: 'system', label: 'System' },
                { value: 'dark', label: 'Dark' },
                { value: 'light', label: 'Light' },
                { value: 'contrast', label: 'High contrast' },
              ]}
              onChange={value => {
                prefs.theme.value = value
              }}
            />
          )}
        </FormRow>
        <FormRow label="Rows" help="Auto gives touch screens taller rows.">
          {() => (
            <Seg
              label="Rows"
              value={prefs.density.value}
              options={[
                { value: 'auto', label: 'Auto' },
                { value: 'compact', label: 'Compact' },
                { value: 'default', label: 'Default' },
                { value: 'touch', label: 'Touch' },
              ]}
              onChange={value => {
                prefs.density.value = value
              }}
            />
          )}
        </FormRow>
        <FormRow label="Large text" help="Scales all type by an eighth.">
          {ids => (
            <Switch
              {...ids}
              checked={prefs.text.value === 'large'}
              onChange={checked => {
                prefs.text.value = checked ? 'large' : 'normal'
              }}
            />
          )}
        </FormRow>
        <FormRow
          label="Single keys"
          help="Off turns all single keys off and hides their hints. Commands stay on Ctrl K."
        >
          {ids => (
            <Switch
              {...ids}
              checked={prefs.keys.value === 'on'}
              onChange={checked => {
                prefs.keys.value = checked ? 'on' : 'off'
              }}
            />
          )}
        </FormRow>
      </form>
    </>
  )
}
