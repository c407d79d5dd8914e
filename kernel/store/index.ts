export { prepareDataFolder } from './files.ts'
export { type KernelStore, openStore, type StoreOptions } from './store.ts'
