// Runs before the first paint, so that a chosen theme does not flash in as the other one.
try {
  const theme = localStorage.getItem('clawnex.theme')
  if (theme === 'dark' || theme === 'light' || theme === 'contrast') document.documentElement.dataset['theme'] = theme
} catch {
  // Private windows may refuse storage; the system's theme then holds.
}
