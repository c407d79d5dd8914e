import { createHash } from 'node:crypto'
import type { UiManifest } from './build.mjs'

export interface HtmlPage {
  readonly html: string
  readonly csp: string
}

/** Everything forbidden that is not named; the one inline script is the import map, allowed by its hash. */
function policy(scripts: string): string {
  return [
    `default-src 'none'`,
    `script-src ${scripts}`,
    `style-src 'self'`,
    `img-src 'self'`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
  ].join('; ')
}

function head(manifest: UiManifest, title: string, more: string): string {
  return `<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>${title}</title>
<link rel="icon" href="${manifest.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${manifest.css}">
${more}</head>`
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, char => `&#${char.charCodeAt(0)};`)

/** The page that boots the shell. Same bytes for everyone, so it may be cached with an etag. */
export function shellPage(manifest: UiManifest, sprite: string, version: string): HtmlPage {
  const map = importMap(manifest)
  const hash = createHash('sha256').update(map).digest('base64')
  const preloads = Object.values(manifest.imports).map(
    url => `<link rel="modulepreload" href="${url}" integrity="${integrityOf(manifest, url)}">\n`,
  )
  const scripts = [
    `<script src="${manifest.theme}"></script>\n`,
    `<script type="importmap">${map}</script>\n`,
    ...preloads,
    `<script type="module" src="${manifest.main}"></script>\n`,
  ]
  const html = `<!doctype html>
<html lang="en" data-version="${escapeHtml(version)}">
${head(manifest, 'ClawNex', scripts.join(''))}
<body>
${sprite}<div class="frame" id="root"><noscript><div class="login"><main><h1 class="login-h">The dashboard needs scripts</h1><p class="quiet">It loads none but its own. Everything it does is also in the API and in the command line: <code>clawnex help</code>.</p></main></div></noscript></div>
</body>
</html>
`
  return { html, csp: policy(`'self' 'sha256-${hash}'`) }
}

/** Names to addresses, with the hash of each so that a changed file is not run. */
function importMap(manifest: UiManifest): string {
  const integrity = Object.fromEntries(Object.values(manifest.imports).map(url => [url, integrityOf(manifest, url)]))
  return JSON.stringify({ imports: manifest.imports, integrity })
}

function integrityOf(manifest: UiManifest, url: string): string {
  const found = manifest.files.find(({ file }) => url === `/assets/${file}`)
  if (found === undefined) throw new Error(`The build of the shell is not whole: ${url} is missing.`)
  return `sha384-${found.sha384}`
}

/** Page for a browser without a session: no scripts, and the way in. */
export function noSessionPage(manifest: UiManifest, sprite: string, version: string): HtmlPage {
  const icon = (name: string): string => `<svg class="icon" aria-hidden="true"><use href="#i-${name}"/></svg>`
  const marks = ['claw', 'lock', 'clock'].map(name => symbolOf(sprite, name)).join('')
  const html = `<!doctype html>
<html lang="en">
${head(manifest, 'A link is needed · ClawNex', '')}
<body>
<svg xmlns="http://www.w3.org/2000/svg" hidden>${marks}</svg>
<div class="frame"><div class="login">
<main id="main">
<div class="stack"><span class="brand">${icon('claw')}<span>ClawNex</span></span></div>
<div><h1 class="login-h">This browser has no session</h1><p class="quiet">A one-time link from the terminal lets you in. Nobody else on this machine or network gets in without one.</p></div>
<div class="form">
<div class="field"><span class="label">In the folder of ClawNex, as the user who runs it</span><div class="code cmd"><pre>./clawnex open</pre></div><p class="help">Prints a link that works once, within 15 min, and opens it where it can. If the link in your hand does nothing, it was used before: run the command again.</p></div>
<ul class="setup small"><li>${icon('lock')}<span>From another computer: forward the port first, <code>ssh -L 5001:127.0.0.1:5001 HOST</code></span></li><li>${icon('clock')}<span>Were you in a moment ago? The session ended; a new link lets you in again.</span></li></ul>
</div>
</main>
<footer class="statusline"><span>Dashboard on this machine</span><span class="push">${escapeHtml(version)}</span></footer>
</div></div>
</body>
</html>
`
  return { html, csp: policy(`'none'`) }
}

function symbolOf(sprite: string, name: string): string {
  return new RegExp(`<symbol id="i-${name}".*?</symbol>`).exec(sprite)?.[0] ?? ''
}
