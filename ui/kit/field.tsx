import type { ComponentChildren, InputHTMLAttributes } from 'preact'
import { useId } from 'preact/hooks'
import { Icon } from './icon.tsx'

export interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'label'> {
  label: string
  help?: ComponentChildren
  /** The fix: "Enter 0 or more. 0 means no calls." What was typed stays. */
  error?: string | undefined
  mono?: boolean
}

/** A labelled input with help and error. Other controls take `<FieldBox>`. */
export function Field({ label, help, error, mono, ...input }: FieldProps) {
  return (
    <FieldBox label={label} help={help} error={error}>
      {ids => <input class="input" {...(input as object)} {...ids} data-mono={mono ? '' : undefined} />}
    </FieldBox>
  )
}

export interface ControlIds {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': 'true' | undefined
}

interface ControlParts {
  readonly help?: ComponentChildren
  readonly error?: string | undefined
  children(ids: ControlIds): ComponentChildren
}

/** A control with its error and help below, tied together by ids. */
function useControl({ help, error, children }: ControlParts) {
  const id = useId()
  const described = [error && `${id}-e`, help && `${id}-h`].filter(Boolean).join(' ') || undefined
  const content = (
    <>
      {children({ id, 'aria-describedby': described, 'aria-invalid': error ? 'true' : undefined })}
      {error && (
        <p class="error" id={`${id}-e`}>
          <Icon name="critical" />
          {error}
        </p>
      )}
      {help && (
        <p class="help" id={`${id}-h`}>
          {help}
        </p>
      )}
    </>
  )
  return { id, content }
}

/** Label, control, error, help; hands the ids that tie them together to the control. */
export function FieldBox({ label, help, error, children }: { label: string } & ControlParts) {
  const { id, content } = useControl({ help, error, children })
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {content}
    </div>
  )
}

/** A row of a settings form: label and type at the left, control and help at the right. */
export function FormRow({
  label,
  kind,
  help,
  error,
  changed,
  children,
}: { label: string; kind?: string; changed?: boolean } & ControlParts) {
  const { id, content } = useControl({ help, error, children })
  return (
    <div class="form-row" data-changed={changed ? '' : undefined}>
      <div class="fl">
        <label for={id}>{label}</label>
        {kind && <span class="sub mono">{kind}</span>}
      </div>
      <div class="field">{content}</div>
    </div>
  )
}

export interface Option<V extends string> {
  readonly value: V
  readonly label: string
  /** What follows from the choice. */
  readonly note?: ComponentChildren
}

/** A native select in the product's dress. */
export function Select<V extends string>({
  options,
  value,
  onChange,
  ...ids
}: { options: readonly Option<V>[]; value: V; onChange(value: V): void } & Partial<ControlIds>) {
  return (
    <span class="select-wrap">
      <select class="select" {...ids} value={value} onChange={event => onChange(event.currentTarget.value as V)}>
        {options.map(option => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="chev" small />
    </span>
  )
}

/** Up to five choices, each with the line that says what follows from it. */
export function Picks<V extends string>({
  legend,
  options,
  value,
  onChange,
}: {
  legend: string
  options: readonly Option<V>[]
  value: V
  onChange(value: V): void
}) {
  const name = useId()
  return (
    <fieldset class="picks">
      <legend>{legend}</legend>
      {options.map(option => (
        <label key={option.value}>
          <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
          <span>
            <span class="strong">{option.label}</span>
            {option.note && <span class="sub">{option.note}</span>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

/** Two to four short choices that exclude each other. */
export function Seg<V extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string
  options: readonly Option<V>[]
  value: V
  onChange(value: V): void
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a toolbar-like group of buttons, not form fields.
    <div class="seg" role="group" aria-label={label}>
      {options.map(option => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value ? 'true' : 'false'}
          onClick={() => onChange(option.value)}
        >
          {option.label}
        </button>
      ))}
    </div>
  )
}

/** On or off, at once. */
export function Switch({
  checked,
  onChange,
  ...ids
}: { checked: boolean; onChange(checked: boolean): void } & Partial<ControlIds> & { 'aria-label'?: string }) {
  return (
    <input
      class="switch"
      type="checkbox"
      role="switch"
      aria-checked={checked}
      {...ids}
      checked={checked}
      onChange={event => onChange(event.currentTarget.checked)}
    />
  )
}
