/** Parts of the SDK that drive it: exported for the shell, which shares this module with the plugins. */
export { startClock } from './clock.ts'
export { definitionFault, type TaggedUi, UI_VERSION } from './define.ts'
export { beforeReopen, closeStream, followVisibility, openStream } from './events.ts'
export { pageKeys } from './keys.ts'
export { type AreaTab, areaTabs, type PageFacts, pageFacts } from './page-state.ts'
export { applyPrefs, type Density, type TextSize, THEMES, type Theme } from './prefs.ts'
export { sessionEnded, sessionOpened } from './session.ts'
export { currentToast, dismissToast } from './toast.ts'
