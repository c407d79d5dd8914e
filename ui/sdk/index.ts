/**
 * `clawnex/ui`: what the shell and the UI modules of plugins are made of.
 *
 * A plugin's UI entry exports `defineUi({ pages, panels, commands })` as default and imports nothing but this module,
 * `preact`, `preact/hooks`, `@preact/signals`, `preact-iso` and its own files. All of them are the shell's own copies.
 */
export * from '../kit/index.ts'
export { ApiProblem, api, apiUrl, problemOf, type RequestOptions } from './api.ts'
export { useCarry } from './carry.ts'
export { now } from './clock.ts'
export {
  type Area,
  type CommandDefinition,
  defineUi,
  type PageDefinition,
  type PageProps,
  type PanelDefinition,
  type Slot,
  type UiDefinition,
} from './define.ts'
export { onEvent, stream, useEvents } from './events.ts'
export * from './format.ts'
export { closeInspector, type InspectorState, stepInspector, useInspector } from './inspector.ts'
export { type KeyBinding, useKeys } from './keys.ts'
export { prefs } from './prefs.ts'
export { formatQuery, parseDuration, parseQuery, type QueryState, queryState, type Term, useQuery } from './query.ts'
export { type Resource, type ResourceOptions, reloadResources, useResource } from './resource.ts'
export { link, navigate, type Route, setParams, useRoute } from './route.ts'
export { can, type Me, type SessionState, session } from './session.ts'
/** For the shell alone; plugins have no use for it. */
export * as shell from './shell-only.ts'
export { toast } from './toast.ts'
