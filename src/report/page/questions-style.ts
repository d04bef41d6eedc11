// The style of the folded questions of the report page, on screens and on paper.

/** CSS of the questions, added to that of the page, which unfolds everything on paper. */
export const QUESTIONS_STYLE = `
.path { font-size: 14.5px; color: var(--soft); margin: 16px 0; padding: 0; list-style: none; }
.path li { max-width: none; }
.path strong, .caveat strong { color: var(--ink); }
#evidence figure { margin-bottom: 20px; }
#basis h2 { margin-top: 28px; }
#basis ul { padding-left: 20px; margin: 8px 0; }
#basis li { margin: 3px 0; }
.open-all { margin: 40px 0 10px; font-size: 14.5px; }
.open-all input { width: 16px; height: 16px; margin: 0 4px 0 0; vertical-align: -2px; accent-color: var(--accent); }
.content { scroll-margin-top: 64px; }
.content > :first-child { margin-top: 8px; }
.question { border-top: 1px solid var(--line); }
.question:last-of-type { border-bottom: 1px solid var(--line); }
.question > summary { margin: 0; padding: 13px 0; }
.question > summary h2, .group > summary h3 { display: inline; margin: 0; }
.question > summary h2 { font-size: 19px; }
.answer { font-weight: 400; font-size: 14.5px; color: var(--soft); margin-left: 8px; }
summary:focus-visible, .scroll:focus-visible, figure:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
h4 { font-size: 15px; margin: 24px 0 8px; }
h5 { font-size: 14px; margin: 18px 0 6px; }
main:has(#open-all:checked) details::details-content { content-visibility: visible; block-size: auto; }
main:has(#open-all:checked) summary { list-style: none; }
@supports not selector(::details-content) { .open-all { display: none; } }
@media print {
  .path, .open-all { display: none; }
  summary { list-style: none; }
}
`.trim();
