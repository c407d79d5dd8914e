export { type KernelStore, openStore, type StoreOptions } from './store.ts'
