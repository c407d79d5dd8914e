// The router and lazy loading only: the package's index also carries hydration and prerendering, which nothing here uses.
export { default as lazy, ErrorBoundary } from 'preact-iso/lazy'
export * from 'preact-iso/router'
