// Open every HTML report in a real browser: no console error, no external request, no axe violation, no page wider than the
// screen, at the width of a telephone, a laptop and a large screen. Usage: node check.mjs <folder of a published set> …
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'

const WIDTHS = [360, 1280, 1920]
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

const pages = process.argv.slice(2).flatMap(folder => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile() && entry.name.endsWith('.html'))
  .map(entry => resolve(join(entry.parentPath ?? entry.path, entry.name))))
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })
let passed = 0
const failures = []

for (const file of pages) {
  for (const width of WIDTHS) {
    const faults = await look(file, width)
    if (faults.length === 0) passed += 1
    else failures.push(`${file} at ${width} px:\n  ${faults.join('\n  ')}`)
  }
}
await browser.close()
for (const failure of failures) console.log(failure)
if (pages.length === 0) failures.push('no HTML report was found')
console.log(`${passed} passed, ${failures.length} failed`)
process.exit(failures.length === 0 ? 0 : 1)

async function look (file, width) {
  const faults = []
  const page = await browser.newPage({ viewport: { width, height: 900 } })
  page.on('console', message => { if (message.type() === 'error') faults.push(`console: ${message.text()}`) })
  page.on('pageerror', error => faults.push(`error: ${error.message}`))
  page.on('request', request => {
    if (!/^(file|data|blob):/.test(request.url())) faults.push(`external request: ${request.url()}`)
  })
  await page.goto(pathToFileURL(file).href, { waitUntil: 'load' })
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (over > 1) faults.push(`the page is ${over} px wider than the screen`)
  await page.evaluate(axe)
  const found = await page.evaluate(async () => (await globalThis.axe.run()).violations
    .map(v => `axe ${v.id}: ${v.help} (${v.nodes.length}×, ${v.nodes[0].target.join(' ')})`))
  faults.push(...found)
  await page.close()
  return faults
}
