import type { IconName } from './icons/names.ts'

export type { IconName }

/** A mark from the sprite in the page. Hidden from screen readers: the word stands beside it, or the control is labelled. */
export function Icon({ name, small }: { name: IconName; small?: boolean }) {
  return (
    <svg class="icon" data-small={small ? '' : undefined} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  )
}
