// The style of the report page: light and dark, for screens and for paper. No fonts or files from elsewhere.

/** CSS of index.html, without the colours of the series. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1c1e22; --soft: #5c626c; --line: #dfe2e7; --paper: #ffffff; --card: #f6f7f9; --accent: #5b1a86; --mark: #ffe08a; --mark-ink: #3a2b00; --shade: rgba(0, 0, 0, 0.22); }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 'IBM Plex Sans', system-ui, -apple-system, 'Segoe UI', sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 40px 24px 80px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 21px; margin: 48px 0 12px; }
h3 { font-size: 16.5px; margin: 32px 0 8px; }
p, li { max-width: 72ch; }
a { color: inherit; }
.soft { color: var(--soft); }
.verdict { border-left: 5px solid var(--accent); background: var(--card); padding: 16px 22px; margin: 24px 0; border-radius: 0 8px 8px 0; }
.verdict p { margin: 6px 0; }
.verdict .headline { font-size: 19px; font-weight: 600; line-height: 1.35; }
.badge { display: inline-block; font-size: 12.5px; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--accent); }
figure { margin: 28px 0 36px; }
figure svg { width: 100%; height: auto; display: block; }
figcaption { color: var(--soft); font-size: 14.5px; max-width: 78ch; margin-top: 4px; }
.scroll { overflow-x: auto; background: linear-gradient(to right, var(--paper) 30%, transparent) left / 40px 100% no-repeat local, linear-gradient(to left, var(--paper) 30%, transparent) right / 40px 100% no-repeat local, linear-gradient(to right, var(--shade), transparent) left / 14px 100% no-repeat scroll, linear-gradient(to left, var(--shade), transparent) right / 14px 100% no-repeat scroll; }
.wide { --width: min(calc(100vw - 48px), 1240px); width: var(--width); margin-left: calc((100% - var(--width)) / 2); }
.wide table { font-size: 12.5px; }
.wide th, .wide td { padding-right: 9px; }
table { border-collapse: collapse; font-size: 13.5px; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; border-bottom: 2px solid var(--line); padding: 6px 12px 6px 0; vertical-align: bottom; }
td { border-bottom: 1px solid var(--line); padding: 5px 12px 5px 0; vertical-align: top; }
td.number, th.number { text-align: right; }
td { white-space: nowrap; }
th { line-height: 1.25; }
pre, code, .sample { font-family: ui-monospace, 'SFMono-Regular', Menlo, Consolas, monospace; font-size: 13px; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; overflow-x: auto; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; margin: 14px 0; }
.sample { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.5; }
.sample .from { display: block; font-family: system-ui, sans-serif; font-size: 12.5px; color: var(--soft); margin-bottom: 6px; }
.sample .prompt { color: var(--soft); }
mark { background: var(--mark); color: var(--mark-ink); border-radius: 3px; padding: 0 2px; }
details > summary { cursor: pointer; font-weight: 600; margin: 12px 0; }
details.group { border-bottom: 1px solid var(--line); }
details.group > summary { padding: 6px 0; }
td.words { white-space: normal; min-width: 13em; }
footer { margin-top: 56px; border-top: 1px solid var(--line); padding-top: 14px; color: var(--soft); font-size: 13.5px; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7e9ee; --soft: #a2a9b6; --line: #343943; --paper: #14161a; --card: #1d2026; --accent: #cb92ff; --mark: #6b5200; --mark-ink: #fff3cf; --shade: rgba(255, 255, 255, 0.22); } }
@media (max-width: 900px) { .wide { width: auto; margin-left: 0; } }
@media (max-width: 640px) {
  main { padding: 24px 16px 60px; }
  .pair { grid-template-columns: 1fr; }
  figure { overflow-x: auto; }
  figure svg { min-width: 600px; }
  .stack thead { display: none; }
  .stack tr { display: block; border-bottom: 2px solid var(--line); padding: 8px 0; }
  .stack td { display: block; border: 0; padding: 2px 0; white-space: normal; text-align: left; }
  .stack td[data-label]:not(:empty)::before { content: attr(data-label) ': '; color: var(--soft); }
}
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #444; --paper: #fff; --card: #fff; --line: #bbb; --shade: transparent; }
  main { max-width: none; padding: 0; }
  figure, .pair, .verdict, tr { break-inside: avoid; }
  h1, h2, h3, summary { break-after: avoid; }
  figure { margin: 10px 0 14px; }
  figure svg { max-height: 10.5cm; }
  .scroll { overflow: visible; }
  .wide { width: auto; margin-left: 0; }
  table, .wide table { font-size: 7.5pt; }
  th, td { padding: 2px 5px 2px 0; white-space: normal; }
  td.words { min-width: 0; }
  pre { white-space: pre-wrap; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`.trim();
