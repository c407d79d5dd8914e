/** The keys that work on every page, for the list behind `?`. */
export const GLOBAL_KEYS: readonly { readonly keys: readonly string[]; readonly label: string }[] = [
  { keys: ['Ctrl', 'K'], label: 'commands' },
  { keys: ['/'], label: 'query' },
  { keys: ['?'], label: 'keys of this page' },
  { keys: ['g', '…'], label: 'go to the area of the letter in the rail: g t for Traffic' },
  { keys: ['j', 'k'], label: 'next, previous row' },
  { keys: ['Enter'], label: 'open the row in the inspector' },
  { keys: ['[', ']'], label: 'step through the list while the inspector is open' },
  { keys: ['.'], label: 'actions of what is open' },
  { keys: ['t'], label: 'time range; then z wider, c copy, v paste' },
  { keys: ['l'], label: 'live, or show the rows that wait' },
  { keys: ['y'], label: 'copy link' },
  { keys: ['u'], label: 'undo' },
  { keys: ['Shift', 'D'], label: 'theme' },
  { keys: ['Esc'], label: 'back one layer' },
]
